// Of options and arguments that name a place to write to.
#pragma once

#include <span>
#include <string>

#include "common/base/result.h"
#include "sql/store_paths.h"

namespace unmask {

// For CLI11's check(): nothing is no place, which no file system need be asked about.
inline std::string NamesAPlace(const std::string& path) {
  return path.empty() ? "an empty path" : "";
}

// A UsageError where `out` is one of the files that are read: it would be replaced, and is gone.
Status CheckIsNoInput(const std::string& out, std::span<const std::string> inputs);

// A UsageError where `out` is the store's folder, or is or lies in what the store keeps there.
Status CheckIsNotTheStores(const std::string& out, const StorePaths& store);

}  // namespace unmask
