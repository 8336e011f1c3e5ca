#pragma once

/// The library's version, as in the CMake project. Compare with `EIGENTUNE_VERSION >= 10000 * major + 100 * minor +
/// patch`.
#define EIGENTUNE_VERSION_MAJOR 0
#define EIGENTUNE_VERSION_MINOR 1
#define EIGENTUNE_VERSION_PATCH 0
#define EIGENTUNE_VERSION (EIGENTUNE_VERSION_MAJOR * 10000 + EIGENTUNE_VERSION_MINOR * 100 + EIGENTUNE_VERSION_PATCH)

namespace eigentune {

/// The version as text, "major.minor.patch".
inline constexpr const char* version = "0.1.0";

}  // namespace eigentune
