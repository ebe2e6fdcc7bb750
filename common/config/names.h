// The names of the settings' choices.
#pragma once

#include "common/base/enum_names.h"
#include "common/config/settings.h"

namespace unmask {

template <>
inline constexpr auto kNames<ClipSelection> = EnumNames("masked", "all");
template <>
inline constexpr auto kNames<FrameChoice> = EnumNames("apex", "onset");
template <>
inline constexpr auto kNames<FeatureSource> =
    EnumNames("action-units", "vit", "clip", "resnet18", "table");
template <>
inline constexpr auto kNames<ModelKind> =
    EnumNames("dsid", "single-task", "clip-zero-shot", "clip-prompt");
template <>
inline constexpr auto kNames<Task> = EnumNames("ter", "der");
template <>
inline constexpr auto kNames<HsicKind> = EnumNames("paper", "biased", "unbiased");
template <>
inline constexpr auto kNames<KernelKind> = EnumNames("rbf", "linear");
template <>
inline constexpr auto kNames<ClassWeights> = EnumNames("none", "balanced");
template <>
inline constexpr auto kNames<Validation> =
    EnumNames("inner-subject", "inner-split", "none", "leaky");
template <>
inline constexpr auto kNames<Monitor> = EnumNames("mean", "ter", "der");
template <>
inline constexpr auto kNames<EngineKind> = EnumNames("auto", "reference", "core", "lanes");
template <>
inline constexpr auto kNames<DeviceKind> = EnumNames("auto", "cpu", "cuda");
template <>
inline constexpr auto kNames<FaceDetector> = EnumNames("haar", "yunet", "none");
template <>
inline constexpr auto kNames<Normalization> = EnumNames("model", "imagenet");
template <>
inline constexpr auto kNames<ClipFeature> = EnumNames("pooled", "projected");
template <>
inline constexpr auto kNames<Precision> = EnumNames("float32", "bfloat16");
template <>
inline constexpr auto kNames<KeepPolicy> = EnumNames("best", "none");
template <>
inline constexpr auto kNames<GridShape> = EnumNames("product", "lines");

}  // namespace unmask
