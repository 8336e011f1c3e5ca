#pragma once

#include <fmt/core.h>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace eigentune {

/// The text of a message, with one "{}" for each of its arguments, "{{" and "}}" for braces, and no format options. All
/// of that is checked when it is compiled.
template <std::size_t arguments>
class MessageText {
 public:
  consteval MessageText(const char* text) : text_(text) {  // NOLINT: implicit, as a literal
    std::size_t found = 0;
    for (const char* c = text; *c != '\0'; ++c) {
      if (*c != '{' && *c != '}') continue;
      if (c[1] != *c && !(*c == '{' && c[1] == '}')) throw "a brace is neither \"{}\" nor doubled";
      if (c[1] != *c) ++found;
      ++c;
    }
    if (found != arguments) throw "as many {} are needed as there are arguments";
  }
  constexpr operator std::string_view() const { return text_; }  // NOLINT

 private:
  std::string_view text_;
};

/// One argument of a message, by reference: a number, a text, or an object with a function `to_string`, which is called
/// only if the message is written. One type for all of them, so that what writes a message is compiled once, and not
/// for each list of types.
class MessageArgument {
 public:
  template <std::signed_integral Number>
  requires(!std::same_as<Number, char>) MessageArgument(Number number)
      : kind_(Kind::integer), integer_(number) {}  // NOLINT: implicit
  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool>) MessageArgument(Number number) : kind_(Kind::size), size_(number) {}  // NOLINT
  MessageArgument(double number) : kind_(Kind::number), number_(number) {}                                    // NOLINT
  MessageArgument(std::string_view text) : kind_(Kind::text), text_{text.data(), text.size()} {}              // NOLINT
  template <std::convertible_to<std::string_view> T>
  MessageArgument(const T& text) : MessageArgument(std::string_view(text)) {}  // NOLINT

  template <class T>
  requires requires(const T& object) { std::string(to_string(object)); }
  MessageArgument(const T& object)  // NOLINT
      : kind_(Kind::object), object_{&object, [](const void* erased) {
                                       return std::string(to_string(*static_cast<const T*>(erased)));
                                     }} {}

  [[gnu::cold]] std::string text() const {
    switch (kind_) {  // by vformat: to check three texts of two characters, fmt::format compiles its whole parser
      case Kind::integer:
        return fmt::vformat("{}", fmt::make_format_args(integer_));
      case Kind::size:
        return fmt::vformat("{}", fmt::make_format_args(size_));
      case Kind::number:
        return fmt::vformat("{}", fmt::make_format_args(number_));
      case Kind::text:
        return std::string(text_.data, text_.size);
      default:
        return object_.text(object_.address);
    }
  }

 private:
  enum class Kind { integer, size, number, text, object };
  struct Text {
    const char* data;
    std::size_t size;
  };
  struct Object {
    const void* address;
    std::string (*text)(const void*);
  };
  Kind kind_;
  union {
    long long integer_;
    unsigned long long size_;
    double number_;
    Text text_;
    Object object_;
  };
};

namespace detail {

/// Out of line and off the hot path, so that a message costs its caller little.
[[gnu::cold, gnu::noinline]] inline std::string write_message(std::string_view text,
                                                              std::initializer_list<MessageArgument> arguments) {
  std::string written;
  const MessageArgument* argument = arguments.begin();
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{' && text[i] != '}') continue;
    const bool doubled = text[i + 1] == text[i];
    written.append(text.data() + from, i - from + (doubled ? 1 : 0));
    if (!doubled) written.append((argument++)->text());
    from = ++i + 1;
  }
  written.append(text.data() + from, text.size() - from);
  return written;
}

}  // namespace detail

/// The text with its arguments in place of each "{}": `message("got {}", 3)`.
template <class... Arguments>
std::string message(MessageText<sizeof...(Arguments)> text, const Arguments&... arguments) {
  return detail::write_message(text, {arguments...});
}

}  // namespace eigentune
