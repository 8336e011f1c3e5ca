#pragma once

#include <cstdint>

/// How often this program has called operator new so far. (Eigen's objects do not: they call malloc, and assert that
/// they may.)
std::int64_t allocations();
