#pragma once

/// All of eigentune that needs no optional component.

#include <eigentune/optim.hpp>
#include <eigentune/train.hpp>
#include <eigentune/tune.hpp>
