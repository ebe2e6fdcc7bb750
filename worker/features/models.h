// Backbones by what jobs know of them: the fingerprint of their folder.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/jobs/job.h"
#include "worker/backbone/backbone.h"

namespace unmask {

struct LoadedModel {
  Preprocessing preprocessing;
  std::unique_ptr<Backbone> backbone;
};

using MakeBackboneFunction = std::function<Result<std::unique_ptr<Backbone>>(BackboneParts)>;

// Loads each model once a process. Thread-safe; what it gives lives as long as it does.
class Models {
 public:
  using Stamp = std::map<std::string, std::string>;  // of a folder's files, by name
  Models(fs::path store, MakeBackboneFunction make)
      : store_(std::move(store)), make_(std::move(make)) {}
  Result<const LoadedModel*> Get(const JobSpec& spec);
  // Where a job's model lies. A DataError where the folder is not, on this host and by now, what
  // the job's key says: it is hashed once, and again where its files are no longer the same ones.
  Result<fs::path> Folder(const JobSpec& spec);
  // That folder, opened: checked against its configuration, weights mapped.
  Result<ModelFolder> Open(const JobSpec& spec);

 private:
  fs::path store_;
  MakeBackboneFunction make_;
  std::mutex mutex_;
  std::map<std::string, LoadedModel> loaded_;  // by fingerprint and kind of feature
  std::mutex hashing_;
  struct Hashed {
    fs::path folder;
    Stamp files;  // which they were
  };
  std::map<std::string, Hashed> folders_;  // by fingerprint, which they have
};

}  // namespace unmask
