#pragma once

#include <stdexcept>
#include <string>

namespace support {

/// The text of the exception that `call` throws, to be compared in full. Exceptions of another type pass through.
template <class Exception = std::invalid_argument, class Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace support
