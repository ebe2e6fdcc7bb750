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

// The folder of a job's model, opened: checked against its configuration, weights mapped.
Result<ModelFolder> OpenJobModel(const fs::path& store, const JobSpec& spec);

// Loads each model once a process. Thread-safe; what it gives lives as long as it does.
class Models {
 public:
  Models(fs::path store, MakeBackboneFunction make)
      : store_(std::move(store)), make_(std::move(make)) {}
  Result<const LoadedModel*> Get(const JobSpec& spec);

 private:
  fs::path store_;
  MakeBackboneFunction make_;
  std::mutex mutex_;
  std::map<std::string, LoadedModel> loaded_;  // by fingerprint and kind of feature
};

}  // namespace unmask
