// What one job trains on: inputs, labels, and which clips are for what. No tensors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/config/settings.h"
#include "worker/model/inputs.h"

namespace unmask {

struct TaskLabels {
  Task task = Task::kTer;
  std::vector<std::string> classes;  // sorted; of all the data set's clips
  std::vector<std::int64_t> labels;  // [clips], index into classes
  // [classes], of the cross-entropy (class_weights.h); empty: every clip counts alike.
  std::vector<float> class_weights = {};
};

// Which clips a fold uses for what: indices into the data set's clips, rising.
struct FoldSplit {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;  // empty: validation `none`
  std::vector<std::int64_t> held_out;
};

class GangMeeting;     // worker/model/gang_meeting.h
struct TextSide;       // worker/clip_text/text_side.h
struct TunedBackbone;  // worker/backbone/tuned.h

struct FoldData {
  std::vector<std::string> samples;  // [clips]
  std::int64_t width = 0;            // of a clip's inputs
  std::shared_ptr<const Inputs> inputs;
  std::vector<TaskLabels> tasks;  // in the order of TasksOf()
  // CLIP's, for models that read text; the inputs are its projected features. Null: others.
  std::shared_ptr<const TextSide> text;
  // Trained with the rest; the inputs are its prepared pictures. Null: they are features.
  std::shared_ptr<const TunedBackbone> backbone;
  // Who trains it together with others; outlives the engine. Null: alone.
  GangMeeting* gang = nullptr;
  FoldSplit split;
};

}  // namespace unmask
