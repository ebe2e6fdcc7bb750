// The .sql files of this folder, embedded at build time (cmake/EmbedSql.cmake).
#pragma once

#include <string>
#include <vector>

namespace unmask {

struct SqlScript {
  std::string name;  // file name without its ending
  std::string text;
};

// In order: the first makes an empty database version 1, each next one raises it by one.
const std::vector<SqlScript>& SqlMigrations();

// Each makes the view of its name.
const std::vector<SqlScript>& SqlViews();

}  // namespace unmask
