// A small random CLIP, and clips to tell apart by it.
#pragma once

#include <gtest/gtest.h>

#include "common/random/philox.h"
#include "common/synth_model/synth_model.h"
#include "tests/testing/temp_folder.h"
#include "worker/clip_text/text_side.h"
#include "worker/trainer/train_job.h"

namespace unmask::testing {

inline constexpr std::int64_t kWidth = 64;  // of the small CLIP's projected features

inline std::shared_ptr<const TextSide> OpenSmallClip() {
  const TempFolder folder;
  for (const auto& [file, bytes] : SynthModelFiles({SynthModelKind::kClip})) {
    UNMASK_CHECK(WriteFileDurably(folder.path() / file, bytes).ok());
  }
  // It stays mapped when the folder is gone.
  return OpenTextSide(folder.path(), fs::path(UNMASK_BINARY_DIR) / kStandardMergesFile).value();
}

inline const std::shared_ptr<const TextSide>& SmallClip() {
  static const auto text = OpenSmallClip();
  return text;
}

// Three classes a task; a clip's features are noise around a direction of its true class.
inline FoldData SmallFold() {
  constexpr std::int64_t kClips = 30;
  FoldData fold;
  fold.width = kWidth;
  fold.text = SmallClip();
  fold.tasks = {{Task::kTer, {"an", "ha", "sa"}, {}}, {Task::kDer, {"fe", "ha", "odd_name"}, {}}};
  std::vector<float> features(kClips * kWidth);
  RandomStream(1, "", "features").FillUniform(0, 0, features);
  for (std::int64_t clip = 0; clip < kClips; ++clip) {
    fold.samples.push_back("clip" + std::to_string(clip));
    const std::int64_t label = clip % 3;
    fold.tasks[0].labels.push_back(label);
    fold.tasks[1].labels.push_back(clip / 3 % 3);
    for (std::int64_t i = 0; i < kWidth; ++i) {
      float& value = features[static_cast<std::size_t>(clip * kWidth + i)];
      value = value - 0.5F + (i % 3 == label ? 1.0F : 0.0F);
    }
    auto& part = clip < 20   ? fold.split.train
                 : clip < 25 ? fold.split.validation
                             : fold.split.held_out;
    part.push_back(clip);
  }
  fold.inputs = std::make_shared<TableInputs>(std::move(features));
  return fold;
}

inline JobSpec SpecOf(ModelKind kind) {
  JobSpec spec;
  spec.held_out = "b";
  spec.settings.features.source = FeatureSource::kClip;
  spec.settings.model.kind = kind;
  spec.settings.train.batch = 8;
  spec.settings.train.max_epochs = 4;
  spec.settings = Reduce(spec.settings);
  return spec;
}

}  // namespace unmask::testing
