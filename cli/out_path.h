// Of options and arguments that name a place to write to.
#pragma once

#include <string>

namespace unmask {

// For CLI11's check(): nothing is no place, which no file system need be asked about.
inline std::string NamesAPlace(const std::string& path) {
  return path.empty() ? "an empty path" : "";
}

}  // namespace unmask
