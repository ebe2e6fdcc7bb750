// A job is its content: what it trains, on which clips, with which seed. Its key is the SHA-256 of
// the canonical JSON of that content (docs/formats.md, "Job key"), so equal work has an equal key
// wherever it is asked for.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/config/names.h"
#include "common/config/settings.h"

namespace unmask {

enum class JobKind { kTrain, kFeatures };
template <>
inline constexpr auto kNames<JobKind> = EnumNames("train", "features");

// Views below the augmented ones, which count from 0: the un-augmented one, which validation and
// held-out clips are seen by; and what a feature job has that cuts faces out, rather than making a
// view's features.
inline constexpr std::int64_t kPlainView = -1;
inline constexpr std::int64_t kCropsView = -2;

// Raised by hand when a change of code changes the bits of every job that it trains.
inline constexpr int kNumericsVersion = 1;

struct JobSpec {
  JobKind kind = JobKind::kTrain;
  Settings settings;  // reduced: paths and fields without effect are at their defaults (see Reduce)
  // SHA-256 of the dataset blob (common/data/dataset.h): consumed clips and columns only; of a
  // feature job that of the pictures blob (common/data/pictures.h).
  std::string dataset;
  std::string held_out;  // subject; empty: a feature job
  std::int64_t seed = 0;
  // Of jobs that see pictures: SHA-256 of the pictures blob (training jobs), of the model folder's
  // files, of the face detector's file. Empty where there is none.
  std::string pictures;
  std::string weights;
  std::string detector;
  std::int64_t view = 0;  // feature jobs: an augmented view, kPlainView or kCropsView
  int numerics_version = kNumericsVersion;
  bool operator==(const JobSpec&) const = default;
};

// Settings with everything that cannot change a bit of the result put back to its default: what the
// data set's fingerprint says already (paths, selection), device, cadence, store policy; alpha 0
// drops hsic, kernel, sigma; a linear kernel drops sigma; single-task drops alpha, beta, hsic,
// kernel, sigma and monitor; zero-shot, which learns nothing, all of the loss; any other model
// drops task; action units drop frame, augmentation and fine-tuning; validation `none` drops
// patience and monitor; engine `auto` becomes the resolved one.
Settings Reduce(const Settings& settings);

// Sorted keys, no spaces, numbers in shortest round-trip form, fields at their introductory default
// left out.
std::string CanonicalJson(const nlohmann::json& value);

nlohmann::json ToJson(const JobSpec& spec);
// Strict: a DataError names what is missing, unknown or impossible.
Result<JobSpec> JobSpecFromJson(const nlohmann::json& json);

std::string CanonicalText(const JobSpec& spec);  // what the key is the hash of
std::string JobKey(const JobSpec& spec);         // 64 hex digits

// The tasks that a job learns: single-task its own, any other model {ter, der}.
std::vector<Task> TasksOf(const Settings& settings);

// Models that tell classes by CLIP's text side.
bool ReadsText(const Settings& settings);

}  // namespace unmask
