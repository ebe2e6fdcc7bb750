// A file of the sources that the program carries (cmake/Embed.cmake).
#pragma once

#include <string>
#include <vector>

namespace unmask {

struct EmbeddedFile {
  std::string name;  // "index.html"
  std::string text;
};

}  // namespace unmask
