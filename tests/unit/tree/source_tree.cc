#include "tests/unit/tree/source_tree.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

namespace unmask {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = UNMASK_SOURCE_DIR;

bool IsOurs(const fs::path& path) {
  const std::string name = path.filename().string();
  return !name.starts_with("build") && !name.starts_with(".") && !name.ends_with("-store") &&
         name != "__pycache__";
}

std::vector<std::string> ReadLines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

using Edges = std::map<std::string, std::set<std::string>>;

// What each reaches, over any number of steps.
Edges Closure(const Edges& written) {
  Edges all;
  for (const auto& [folder, targets] : written) {
    std::vector<std::string> open(targets.begin(), targets.end());
    auto& reached = all[folder];
    while (!open.empty()) {
      const std::string next = open.back();
      open.pop_back();
      if (!written.contains(next) || !reached.insert(next).second) continue;
      open.insert(open.end(), written.at(next).begin(), written.at(next).end());
    }
  }
  return all;
}

}  // namespace

std::vector<SourceFile> FilesBeneath(const std::string& folder,
                                     const std::set<std::string>& suffixes) {
  std::vector<SourceFile> files;
  for (auto it = fs::recursive_directory_iterator(kRoot / folder);
       it != fs::recursive_directory_iterator(); ++it) {
    if (!IsOurs(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file() && suffixes.contains(it->path().extension().string())) {
      const fs::path path = fs::relative(it->path(), kRoot);
      files.push_back({path.string(), path.parent_path().string(), ReadLines(it->path())});
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

// `unmask_library(FOLDER DEPS ...)`, and `unmask_program` or `unmask_module(NAME FOLDER DEPS ...)`,
// imported targets included.
Edges WrittenDependencies() {
  std::string text;
  for (const std::string& line : ReadLines(kRoot / "CMakeLists.txt")) {
    text += line.substr(0, line.find('#')) + ' ';
  }
  static const std::regex kTarget(R"(unmask_(library|program|module)\(([^)]*)\))");
  Edges edges;
  for (std::sregex_iterator it(text.begin(), text.end(), kTarget), end; it != end; ++it) {
    std::istringstream words((*it)[2].str());
    std::string folder;
    std::string word;
    words >> folder;
    if ((*it)[1] != "library") words >> folder;
    auto& targets = edges[folder];
    for (words >> word; words >> word;) targets.insert(word);
  }
  return edges;
}

Edges AllowedFolders() { return Closure(WrittenDependencies()); }

Edges MappedFolders() {
  static const std::regex kRow(R"(^\| `([^`]+)` \| .* \| ([^|]*) \|$)");
  static const std::regex kWord(R"([A-Za-z0-9_]+)");
  std::map<std::string, std::string> rows;       // by folder: what it says
  std::map<std::string, std::string> folder_of;  // by last part
  for (const std::string& line : ReadLines(kRoot / "docs/ARCHITECTURE.md")) {
    std::smatch match;
    if (!std::regex_match(line, match, kRow)) continue;
    rows[match[1]] = match[2];
    folder_of[fs::path(match[1].str()).filename().string()] = match[1];
  }
  Edges named;
  for (const auto& [folder, text] : rows) {
    auto& targets = named[folder];
    for (std::sregex_iterator it(text.begin(), text.end(), kWord), end; it != end; ++it) {
      const auto at = folder_of.find(it->str());
      if (at != folder_of.end()) targets.insert(at->second);
    }
  }
  return Closure(named);
}

std::vector<Include> IncludesOf(const SourceFile& file) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> includes;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::smatch match;
    if (std::regex_search(file.lines[i], match, kInclude)) {
      includes.push_back({match[2], match[1] == "\"", static_cast<int>(i) + 1});
    }
  }
  return includes;
}

}  // namespace unmask
