// A study as written: who set which key where, before the layers are put on top of each other.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/config/read_value.h"
#include "common/config/study.h"

namespace unmask {

struct Assignment {
  Value value;
  int line = 0;  // 0: the command line
};
using Layer = std::map<std::string, Assignment>;  // by full key

struct ExperimentDraft {
  std::string name;
  bool grid = true;
  Layer own;        // the file's
  Layer overrides;  // experiments.NAME.KEY=VALUE
};

struct StudyDraft {
  std::string name;  // empty: not set
  Layer settings;    // the file's
  Layer overrides;   // KEY=VALUE
  std::vector<std::int64_t> seeds{0};
  Grid grid;
  std::map<std::string, std::string> grid_overrides;  // grid.KEY=VALUE by full key, as written
  std::vector<ExperimentDraft> experiments;
  const YamlNode* tables = nullptr;  // lies in the document that was read
  std::vector<std::string> notes;    // arguments that later ones undo
};

class DraftReader {
 public:
  explicit DraftReader(Reporter& reporter) : reporter_(reporter) {}
  // The file first, then the arguments in their order; the last argument for a key wins.
  void ReadFile(const YamlNode& root);
  void ReadArguments(const std::vector<std::string>& arguments);
  StudyDraft Take() { return std::move(draft_); }

 private:
  void ReadExperiments(const YamlNode& node);
  void ReadArgument(const std::string& argument);
  void ReadExperimentArgument(const std::string& argument);
  void ReadStudyKey(const std::string& key, const YamlNode& node);
  void ReadExperimentKey(ExperimentDraft& experiment, const std::string& key, const YamlNode& node);
  void ReadName(const YamlNode& node);
  void ReadSeeds(const YamlNode& node);
  void ReadGridKey(const std::string& key, const YamlNode& node);
  // `name`: the field as messages name it.
  void Assign(Layer& layer, const Field& field, const std::string& name, const YamlNode& node);
  // Whether the key is new in the file; reports it where not. Arguments may repeat keys.
  bool FirstTime(const std::string& key, const YamlNode& node);

  Reporter& reporter_;
  StudyDraft draft_;
  std::set<std::string> seen_;
};

// "alpha" and "beta" are short for loss.alpha and loss.beta in grids and points.
std::string FullKey(const std::string& key);

}  // namespace unmask
