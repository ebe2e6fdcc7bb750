#pragma once

#include <string>
#include <string_view>

namespace unmask {

// What an exception says before its stack, or whatever else it has below.
inline std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace unmask
