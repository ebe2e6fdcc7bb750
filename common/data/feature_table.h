// Features that were made elsewhere: a CSV file with a header, a column `sample` and a number in
// every other (docs/formats.md, "Features made elsewhere").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"

namespace unmask {

struct FeatureTable {
  std::string name;  // the file as messages name it
  std::size_t width = 0;
  std::unordered_map<std::string, std::vector<float>> rows;  // by sample: [width], finite
};

// A DataError tells every problem at once, each with line and column.
Result<FeatureTable> LoadFeatureTable(const fs::path& path);
Result<FeatureTable> ParseFeatureTable(std::string_view bytes, const std::string& name);

}  // namespace unmask
