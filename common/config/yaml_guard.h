// YAML from strangers as a plain tree that keeps order and lines. What makes YAML dangerous or
// surprising (anchors and aliases, tags, merge keys, several documents, deep nesting) is refused at
// the parser's events, before anything is built from it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace unmask {

inline constexpr std::size_t kYamlBytesMax = std::size_t{1} << 20;
inline constexpr int kYamlDepthMax = 32;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;
  Kind kind = Kind::kNull;
  int line = 0;                 // 1-based; 0: from the command line
  std::string text;             // kScalar
  bool quoted = false;          // kScalar: quoted or a block, so never a number or a truth value
  std::vector<YamlNode> items;  // kList
  std::vector<Entry> entries;   // kMap, in the order of the file, keys distinct
};

struct YamlNode::Entry {
  std::string key;
  int line = 0;
  YamlNode value;
};

struct YamlDocument {
  YamlNode root;
  std::vector<Problem> problems;  // duplicate keys; the first of them is kept
};

// `name` stands for the file in messages. A UsageError where the text is not acceptable YAML.
Result<YamlDocument> ParseYaml(std::string_view text, const std::string& name);

}  // namespace unmask
