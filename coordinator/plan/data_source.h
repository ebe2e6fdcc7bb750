// The data sets that settings ask for: each manifest is read once, each selection made once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/settings.h"
#include "common/data/manifest.h"
#include "common/data/pictures.h"

namespace unmask {

struct SelectedData {
  std::string sha256;  // of the blob
  std::string blob;
  std::vector<std::string> subjects;  // sorted: the folds
  Dataset dataset;
};

// The pictures of a selection's clips.
struct PicturesData {
  std::string sha256;  // of the blob
  std::string blob;
  std::vector<FrameRef> frames;
  std::map<std::string, std::string> drawn;  // synthetic pictures: PNG files, by SHA-256
};

class DataSource {
 public:
  // The clips and columns that a job with these settings consumes. Owned by this object. A
  // UsageError where no data set is named, a DataError where it cannot be used.
  Result<const SelectedData*> Select(const Settings& settings);
  // The pictures of those clips, at the frame that the settings choose. Likewise.
  Result<const PicturesData*> Pictures(const Settings& settings);

 private:
  Result<const Manifest*> Load(const Settings::Dataset& dataset);
  // nullptr: the settings want none.
  Result<const FeatureTable*> Features(const Settings& settings);

  std::map<std::string, Manifest> manifests_;       // by manifest, root, synth
  std::map<std::string, FeatureTable> tables_;      // by path
  std::map<std::string, PicturesData> pictures_;    // by the selection's key and the frame
  std::map<std::string, SelectedData> selections_;  // by the manifest's key and the query
};

}  // namespace unmask
