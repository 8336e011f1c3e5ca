#pragma once

#include <eigentune/core/retry.hpp>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <span>
#include <sys/types.h>
#include <unistd.h>

namespace eigentune::detail {

/// Writes all of `rest` by calls of `write`, which takes a piece and does what write(2) does: it may write a part, and
/// is called again where a signal comes in between. Returns 0, or errno of the call that failed, ENOSPC for one that
/// wrote nothing, which would go on for ever; `rest` is what is not written then. Allocates nothing.
template <std::invocable<std::span<const std::byte>> Write>
[[nodiscard]] int write_all(std::span<const std::byte>& rest, Write&& write) {
  constexpr std::size_t most_at_once = std::size_t{1} << 30;  // Linux writes at most 2^31 bytes in a call
  while (!rest.empty()) {
    const ssize_t written = retry([&] { return write(rest.first(std::min(rest.size(), most_at_once))); });
    if (written <= 0) return written < 0 ? errno : ENOSPC;
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

/// The same into a file descriptor, by the system's own call.
[[nodiscard]] inline int write_all(std::span<const std::byte>& rest, int file) {
  return write_all(rest,
                   [file](std::span<const std::byte> piece) { return ::write(file, piece.data(), piece.size()); });
}

}  // namespace eigentune::detail
