// Which folder of a data set on disk holds a clip's images, where only names are known: layouts
// differ by depth, by case and by how subjects are written.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/files.h"

namespace unmask {

class ClipFolders {
 public:
  // `samples`: the names to look out for. Folders beneath the root are walked once, at most 6 deep
  // and without following links.
  ClipFolders(fs::path root, const std::set<std::string>& samples);

  // The path relative to the root of SUBJECT/SAMPLE or SAMPLE; else of the one folder beneath the
  // root with the sample's name, whatever its case; else of the one video or image of that name.
  // Of several, the one beneath a folder of the subject: its name, or the same number behind a word
  // (subject 02 in `sub02`, `Subject_2`). What a symbolic link takes out of the root does not
  // count. nullopt: there is none, or several are as good.
  std::optional<std::string> Find(const std::string& subject, const std::string& sample) const;

 private:
  void Add(const fs::path& path, bool folder);

  fs::path root_;
  std::set<std::string> wanted_;  // in lower case
  // By lower-case name, relative to the root; of files without the extension.
  std::map<std::string, std::vector<fs::path>> folders_;
  std::map<std::string, std::vector<fs::path>> files_;
};

}  // namespace unmask
