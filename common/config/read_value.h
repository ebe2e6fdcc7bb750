// From YAML nodes and KEY=VALUE arguments to typed values. Whatever is wrong goes into a Reporter,
// so that one reading finds everything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/config/schema.h"
#include "common/config/yaml_guard.h"

namespace unmask {

class Reporter {
 public:
  explicit Reporter(std::string file) : file_(std::move(file)) {}
  // `line` 0: the command line.
  void Add(std::string what, int line, std::string expected);
  void Add(std::vector<Problem> problems);
  std::string Where(int line) const;
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::string file_;
  std::vector<Problem> problems_;
};

std::optional<Value> ReadValue(const ValueType& type, const std::string& key, const YamlNode& node,
                               Reporter& reporter);

// A list, or one value as a list of one; repeated values count once. Empty where it reported.
std::vector<Value> ReadList(const ValueType& type, const std::string& key, const YamlNode& node,
                            Reporter& reporter);

// What a map says, with nested keys joined by dots: (key, node that is no map). An empty map is
// given as it is, so that an unknown key above it is noticed.
std::vector<std::pair<std::string, const YamlNode*>> Flatten(const YamlNode& map,
                                                             const std::string& prefix);

// VALUE of an argument: as a plain scalar, or as a list ("0,50", "[0,50]").
YamlNode ScalarArgument(std::string_view value);
YamlNode ListArgument(std::string_view value);

}  // namespace unmask
