#include "common/config/names.h"

#include <array>

namespace unmask {
namespace {

using std::string_view;

constexpr std::array<string_view, 2> kClipSelections{"masked", "all"};
constexpr std::array<string_view, 2> kFrameChoices{"apex", "onset"};
constexpr std::array<string_view, 4> kFeatureSources{"action-units", "vit", "clip", "resnet18"};
constexpr std::array<string_view, 4> kModelKinds{"dsid", "single-task", "clip-zero-shot",
                                                 "clip-prompt"};
constexpr std::array<string_view, 2> kTasks{"ter", "der"};
constexpr std::array<string_view, 3> kHsicKinds{"paper", "biased", "unbiased"};
constexpr std::array<string_view, 2> kKernelKinds{"rbf", "linear"};
constexpr std::array<string_view, 4> kValidations{"inner-subject", "inner-split", "none", "leaky"};
constexpr std::array<string_view, 3> kMonitors{"mean", "ter", "der"};
constexpr std::array<string_view, 4> kEngineKinds{"auto", "reference", "core", "lanes"};
constexpr std::array<string_view, 3> kDeviceKinds{"auto", "cpu", "cuda"};
constexpr std::array<string_view, 3> kFaceDetectors{"haar", "yunet", "none"};
constexpr std::array<string_view, 2> kNormalizations{"model", "imagenet"};
constexpr std::array<string_view, 2> kClipFeatures{"pooled", "projected"};
constexpr std::array<string_view, 2> kPrecisions{"float32", "bfloat16"};
constexpr std::array<string_view, 2> kKeepPolicies{"best", "none"};
constexpr std::array<string_view, 2> kGridShapes{"product", "lines"};

}  // namespace

std::span<const string_view> NamesOf(ClipSelection) { return kClipSelections; }
std::span<const string_view> NamesOf(FrameChoice) { return kFrameChoices; }
std::span<const string_view> NamesOf(FeatureSource) { return kFeatureSources; }
std::span<const string_view> NamesOf(ModelKind) { return kModelKinds; }
std::span<const string_view> NamesOf(Task) { return kTasks; }
std::span<const string_view> NamesOf(HsicKind) { return kHsicKinds; }
std::span<const string_view> NamesOf(KernelKind) { return kKernelKinds; }
std::span<const string_view> NamesOf(Validation) { return kValidations; }
std::span<const string_view> NamesOf(Monitor) { return kMonitors; }
std::span<const string_view> NamesOf(EngineKind) { return kEngineKinds; }
std::span<const string_view> NamesOf(DeviceKind) { return kDeviceKinds; }
std::span<const string_view> NamesOf(FaceDetector) { return kFaceDetectors; }
std::span<const string_view> NamesOf(Normalization) { return kNormalizations; }
std::span<const string_view> NamesOf(ClipFeature) { return kClipFeatures; }
std::span<const string_view> NamesOf(Precision) { return kPrecisions; }
std::span<const string_view> NamesOf(KeepPolicy) { return kKeepPolicies; }
std::span<const string_view> NamesOf(GridShape) { return kGridShapes; }

}  // namespace unmask
