// The settings of one experiment at one grid point, as plain structs. Names, defaults and meanings:
// docs/formats.md, "Study". schema.h binds every field to its YAML key.
#pragma once

#include <cstdint>
#include <string>

namespace unmask {

enum class ClipSelection { kMasked, kAll };
enum class FrameChoice { kApex, kOnset };
enum class FeatureSource { kActionUnits, kVit, kClip, kResnet18, kTable };
enum class ModelKind { kDsid, kSingleTask, kClipZeroShot, kClipPrompt };
enum class Task { kTer, kDer };
enum class HsicKind { kPaper, kBiased, kUnbiased };
enum class KernelKind { kRbf, kLinear };
enum class ClassWeights { kNone, kBalanced };
enum class Validation { kInnerSubject, kInnerSplit, kNone, kLeaky };
enum class Monitor { kMean, kTer, kDer };
enum class EngineKind { kAuto, kReference, kCore, kLanes };
enum class DeviceKind { kAuto, kCpu, kCuda };
enum class FaceDetector { kHaar, kYunet, kNone };
enum class Normalization { kModel, kImagenet };
enum class ClipFeature { kPooled, kProjected };
enum class Precision { kFloat32, kBfloat16 };
enum class KeepPolicy { kBest, kNone };
enum class GridShape { kProduct, kLines };

struct Settings {
  struct Dataset {
    std::string manifest;
    std::string root;        // empty: the manifest's folder
    std::int64_t synth = 0;  // without a manifest: a synthetic data set of that many subjects
    ClipSelection clips = ClipSelection::kMasked;
    FrameChoice frame = FrameChoice::kApex;
    bool operator==(const Dataset&) const = default;
  } dataset;
  struct Features {
    FeatureSource source = FeatureSource::kActionUnits;
    std::string table;  // features that were made elsewhere, a CSV file
    bool finetune = false;
    bool bank = true;  // each view's features are made once for all jobs, else by each job
    Normalization normalize = Normalization::kModel;
    ClipFeature clip = ClipFeature::kPooled;
    // Of what the backbone's products take and give; their sums, its norms and its attention are
    // float32 either way.
    Precision precision = Precision::kFloat32;
    bool operator==(const Features&) const = default;
  } features;
  struct Faces {  // what is cut out of a picture
    FaceDetector detector = FaceDetector::kHaar;
    std::string yunet;    // its ONNX file
    double margin = 0.2;  // added on each side of the face, as a share of its side
    std::int64_t size = 224;
    bool operator==(const Faces&) const = default;
  } faces;
  struct Weights {  // Hugging Face model folders
    std::string vit;
    std::string clip;
    std::string resnet18;
    std::int64_t synth = 0;  // without a folder: a small model of random weights from that seed
    bool operator==(const Weights&) const = default;
  } weights;
  struct Augment {
    std::int64_t views = 200;
    std::int64_t seed = 0;
    bool operator==(const Augment&) const = default;
  } augment;
  struct Model {
    ModelKind kind = ModelKind::kDsid;
    Task task = Task::kTer;  // single-task only
    std::int64_t adapter = 512;
    std::int64_t stream = 256;
    bool operator==(const Model&) const = default;
  } model;
  struct Loss {
    double alpha = 0.5;
    double beta = 1;
    HsicKind hsic = HsicKind::kPaper;
    KernelKind kernel = KernelKind::kRbf;
    double sigma = 1;
    ClassWeights class_weights = ClassWeights::kNone;  // of the cross-entropies
    bool operator==(const Loss&) const = default;
  } loss;
  struct Train {
    std::int64_t max_epochs = 200;
    std::int64_t batch = 32;
    double lr = 5e-4;
    double weight_decay = 5e-4;
    double dropout = 0.5;
    std::int64_t patience = 50;
    Validation validation = Validation::kInnerSubject;
    Monitor monitor = Monitor::kMean;
    EngineKind engine = EngineKind::kAuto;
    DeviceKind device = DeviceKind::kAuto;
    std::int64_t devices = 1;
    double checkpoint_seconds = 30;  // 0: at every epoch's end
    bool operator==(const Train&) const = default;
  } train;
  struct Store {
    KeepPolicy keep = KeepPolicy::kBest;
    bool operator==(const Store&) const = default;
  } store;
  bool operator==(const Settings&) const = default;
};

// Whether a job with these settings looks at pictures.
inline bool SeesPictures(const Settings& settings) {
  const FeatureSource source = settings.features.source;
  return source != FeatureSource::kActionUnits && source != FeatureSource::kTable;
}

}  // namespace unmask
