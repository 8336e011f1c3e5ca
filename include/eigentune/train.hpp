#pragma once

/// The training pipeline around the optimizer: checkpoints, monitoring, input, evaluation. Needs nlohmann-json and
/// xxHash besides what <eigentune/optim.hpp> needs.

#include <eigentune/optim.hpp>
