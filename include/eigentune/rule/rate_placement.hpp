#pragma once

#include <array>
#include <string_view>

namespace eigentune {

/// Whether the learning rate multiplies what enters the momentum buffer, or what leaves it. Both give the same
/// trajectory as long as the rate is constant; after a change of the rate, `inside_momentum` carries on with steps
/// taken at the old rate.
enum class RatePlacement { inside_momentum, outside_momentum };

inline constexpr std::array<std::string_view, 2> rate_placement_names = {"inside_momentum", "outside_momentum"};

}  // namespace eigentune
