// A model folder, identified by what it holds.
#pragma once

#include <map>
#include <string>

#include "common/base/files.h"

namespace unmask {

// SHA-256 by file, or by file and the one part of it that counts.
using FileHashes = std::map<std::string, std::string>;

// Whether it is a file of weights.
bool IsWeights(const std::string& name);

// Of the folder's files that features may depend on: others (read-me, pickled weights) do not
// count. A DataError where one cannot be read.
Result<FileHashes> HashModelFiles(const fs::path& folder);

// The model's name in job keys.
std::string FingerprintOf(const FileHashes& files);

}  // namespace unmask
