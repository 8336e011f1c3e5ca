#pragma once

#include <cstdint>

namespace laws {

/// How often this program has called operator new so far.
std::int64_t allocations();

}  // namespace laws
