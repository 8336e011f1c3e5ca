#pragma once

#include <eigentune/core/version.hpp>
