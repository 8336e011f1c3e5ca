#pragma once

#include <eigentune/core/error.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace eigentune::detail {

/// What a file lacks, has too many and has otherwise than it is asked for, to be told in one text.
class Mismatches {
 public:
  void missing(std::string_view name) { missing_.push_back(fmt::format("\"{}\"", name)); }
  void extra(std::string_view name) { extra_.push_back(fmt::format("\"{}\"", name)); }
  void different(std::string text) { different_.push_back(std::move(text)); }

  /// Throws eigentune::Error unless there are none: "run7/a: it does not fit the optimizer: missing: "b"; extra: ...".
  void throw_if_any(const std::filesystem::path& path) const {
    std::string text = join("missing", missing_) + join("extra", extra_) + join("different", different_);
    if (text.empty()) return;
    text.resize(text.size() - 2);
    throw Error(fmt::format("{}: it does not fit the optimizer: {}", path.string(), text));
  }

 private:
  static std::string join(std::string_view what, const std::vector<std::string>& items) {
    constexpr std::size_t most = 20;
    if (items.empty()) return "";
    std::string text = fmt::format("{}: ", what);
    for (std::size_t i = 0; i < std::min(most, items.size()); ++i) text.append(i > 0 ? ", " : "").append(items[i]);
    if (items.size() > most) text.append(fmt::format(" and {} more", items.size() - most));
    return text + "; ";
  }

  std::vector<std::string> missing_, extra_, different_;
};

}  // namespace eigentune::detail
