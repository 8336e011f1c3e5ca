#pragma once

namespace eigentune {

/// What a hyperparameter is in one study ("Identifying scientific, nuisance, and fixed hyperparameters"). It is the
/// study's question that decides, not the nature of the hyperparameter.
enum class Role {
  scientific,  ///< its effect on the performance is what the study wants to measure; sampled uniformly
  nuisance,    ///< optimized over, so that scientific values are compared fairly
  fixed        ///< one value throughout; a caveat of every conclusion
};

/// "scientific", "nuisance" or "fixed".
constexpr const char* to_string(Role role) {
  return role == Role::scientific ? "scientific" : role == Role::nuisance ? "nuisance" : "fixed";
}

}  // namespace eigentune
