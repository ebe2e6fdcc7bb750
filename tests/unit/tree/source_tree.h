// The sources as the house rules see them, read from the checkout.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace unmask {

struct SourceFile {
  std::string path;    // from the root: "common/base/text.h"
  std::string folder;  // "common/base"
  std::vector<std::string> lines;
};

// Every file of ours with one of the suffixes beneath `folder` ("." for the whole tree), sorted;
// build folders, wheels and stores are not ours.
std::vector<SourceFile> FilesBeneath(const std::string& folder,
                                     const std::set<std::string>& suffixes);

// Folder -> what its unmask_library, unmask_program or unmask_module in CMakeLists.txt names: other
// folders and imported targets.
std::map<std::string, std::set<std::string>> WrittenDependencies();

// Folder -> the folders that it may include besides itself: the transitive closure of these.
std::map<std::string, std::set<std::string>> AllowedFolders();

// The same as the map in docs/ARCHITECTURE.md tells it, in the column "knows".
std::map<std::string, std::set<std::string>> MappedFolders();

struct Include {
  std::string path;
  bool quoted = false;  // "ours" or <theirs>
  int line = 0;
};
std::vector<Include> IncludesOf(const SourceFile& file);

}  // namespace unmask
