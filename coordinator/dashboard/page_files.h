// The files of page/, embedded at build time (cmake/EmbedPage.cmake).
#pragma once

#include <string>
#include <vector>

namespace unmask {

struct PageFile {
  std::string name;  // "index.html"
  std::string text;
};

const std::vector<PageFile>& PageFiles();

}  // namespace unmask
