#pragma once

#include <cerrno>

namespace eigentune::detail {

/// The result of `call`, a system call that returns -1 where it fails: called again as long as a signal comes in
/// between (EINTR).
template <class Call>
auto retry(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace eigentune::detail
