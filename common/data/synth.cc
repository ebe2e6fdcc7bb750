#include "common/data/synth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/random/philox.h"

namespace unmask {
namespace {

// Prototypical action units by emotion: P. Ekman, W. V. Friesen, "EMFACS-7", 1983; D. Matsumoto, P.
// Ekman, "Facial expression analysis", Scholarpedia 3(5), 2008. Reliable ones are moved by muscles
// that few people move at will, so they are seldom feigned and often leak: P. Ekman, "Darwin,
// deception, and facial expression", Annals of the NYAS 1000, 2003. Names and order are MFED's.
struct Emotion {
  const char* name;
  std::vector<int> units;
  std::vector<int> reliable;
};
const std::array<Emotion, 6> kEmotions = {{{"an", {4, 5, 7, 24}, {23}},
                                           {"di", {10, 16, 17}, {9}},
                                           {"fe", {1, 2, 4, 5, 25, 26}, {20}},
                                           {"ha", {12, 25}, {6}},
                                           {"sa", {1, 4, 17}, {15}},
                                           {"su", {1, 2, 5, 27}, {26}}}};

// Every unit that a clip may show: the prototypes' and a few that mean nothing here.
const std::vector<int> kUnits = {1,  2,  4,  5,  6,  7,  9,  10, 12, 14, 15, 16,
                                 17, 18, 20, 21, 23, 24, 25, 26, 27, 28, 29, 43};

// How often a unit is seen, by its cause. Chosen so that a linear classifier tells the shown
// emotion in about 65 % and the true one in about 37 % of a held-out subject's masked clips.
constexpr double kShown = 0.55;
constexpr double kShownReliable = 0.3;
constexpr double kLeak = 0.15;
constexpr double kLeakReliable = 0.4;
constexpr double kRigid = 0.15;       // share of units that a subject hardly moves ...
constexpr double kRigidFactor = 0.4;  // ... and how much less
constexpr double kHabitual = 0.3;     // a unit that a subject moves in any emotion
constexpr int kHabits = 2;
constexpr double kNoise = 0.04;

enum class Purpose : std::uint32_t { kUnit, kFrame, kOpenness, kRigidity, kHabit };

// Uniform in [0, 1) as a function of all its arguments (Philox 4x32-10, counter-based). What
// belongs to the subject rather than a clip has clip 0.
class Draws {
 public:
  Draws(std::uint64_t seed, int subject)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        subject_(subject) {}

  double Uniform(Purpose purpose, int clip, int element) const {
    const auto word = [](auto value) { return static_cast<std::uint32_t>(value); };
    return Philox4x32({word(element), word(clip), word(subject_), word(purpose)}, key_)[0] *
           0x1p-32;
  }

 private:
  PhiloxKey key_;
  int subject_;
};

bool Holds(const std::vector<int>& units, int unit) {
  return std::find(units.begin(), units.end(), unit) != units.end();
}

// How this subject shows and hides: the probability of each unit in a clip.
class Subject {
 public:
  Subject(std::uint64_t seed, int number) : draws_(seed, number) {
    openness_ = 0.5 + draws_.Uniform(Purpose::kOpenness, 0, 0);  // some leak thrice what others do
    for (int i = 0; i < kHabits; ++i) {
      const double u = draws_.Uniform(Purpose::kHabit, 0, i);
      habits_.push_back(kUnits[static_cast<std::size_t>(u * static_cast<double>(kUnits.size()))]);
    }
  }

  // Several causes act independently: a unit stays away only if each of them fails.
  double Probability(int unit, const Emotion& felt, const Emotion& shown) const {
    double absent = 1 - kNoise;
    if (Holds(shown.units, unit)) absent *= 1 - kShown * Mobility(unit);
    if (Holds(shown.reliable, unit)) absent *= 1 - kShownReliable * Mobility(unit);
    if (Holds(felt.units, unit)) absent *= 1 - kLeak * openness_;
    if (Holds(felt.reliable, unit)) absent *= 1 - kLeakReliable * openness_;
    if (Holds(habits_, unit)) absent *= 1 - kHabitual;
    return 1 - absent;
  }

  std::vector<std::string> DrawUnits(int clip, const Emotion& felt, const Emotion& shown) const {
    std::vector<std::string> units;
    for (const int unit : kUnits) {
      if (draws_.Uniform(Purpose::kUnit, clip, unit) < Probability(unit, felt, shown)) {
        units.push_back(std::to_string(unit));
      }
    }
    return units;
  }

  // In frames: onset within the first seconds, apex and offset later, as in MFED.
  void DrawFrames(int clip, ManifestClip& row) const {
    const auto frames = [&](int element, int least, int most) {
      const double u = draws_.Uniform(Purpose::kFrame, clip, element);
      return least + static_cast<std::int64_t>(u * (most - least + 1));
    };
    row.onset = frames(0, 20, 150);
    row.apex = *row.onset + frames(1, 6, 60);
    row.offset = *row.apex + frames(2, 10, 100);
  }

 private:
  double Mobility(int unit) const {
    return draws_.Uniform(Purpose::kRigidity, 0, unit) < kRigid ? kRigidFactor : 1;
  }

  Draws draws_;
  double openness_ = 1;
  std::vector<int> habits_;
};

// Intensities in pictures. Chosen so that small models tell emotions about as Table I has it.
constexpr double kNamed = 0.65;   // least intensity of a unit that the row names, at its peak ...
constexpr double kUnnamed = 0.5;  // ... and most of one that it does not
constexpr double kShownAtOnset = 0.45;
constexpr double kFeltAtOnset = 0.95;
constexpr double kFeltAtApex = 0.75;
constexpr double kNeither = 0.5;  // of habits and noise

const Emotion* EmotionOf(const std::string& name) {
  const auto at = std::find_if(kEmotions.begin(), kEmotions.end(),
                               [&](const Emotion& emotion) { return name == emotion.name; });
  return at == kEmotions.end() ? nullptr : &*at;
}

bool Moves(const Emotion* emotion, int unit) {
  return emotion != nullptr && (Holds(emotion->units, unit) || Holds(emotion->reliable, unit));
}

// How far the disguise has got: 0 at the onset, 1 at the apex, half back at the offset.
double Progress(const ManifestClip& clip, std::int64_t frame) {
  const auto share = [&](std::int64_t from, std::int64_t to) {
    if (to <= from) return 1.0;
    return std::clamp(static_cast<double>(frame - from) / static_cast<double>(to - from), 0.0, 1.0);
  };
  if (!clip.onset || !clip.apex) return 1;
  if (frame <= *clip.apex) return share(*clip.onset, *clip.apex);
  return clip.offset ? 1 - 0.5 * share(*clip.apex, *clip.offset) : 1;
}

}  // namespace

std::vector<UnitIntensity> SynthIntensities(const SynthOptions& options, const ManifestClip& clip,
                                            std::int64_t frame) {
  const Emotion* felt = EmotionOf(clip.true_label);
  const Emotion* shown = EmotionOf(clip.disguised_label);
  const double progress = Progress(clip, frame);
  std::vector<float> uniform(kUnits.size());
  RandomStream(static_cast<std::int64_t>(options.seed), clip.sample, "intensities")
      .FillUniform(0, 0, uniform);
  std::vector<UnitIntensity> intensities;
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const int unit = kUnits[i];
    const bool named = std::find(clip.action_units.begin(), clip.action_units.end(),
                                 std::to_string(unit)) != clip.action_units.end();
    const double peak =
        named ? kNamed + (1 - kNamed) * uniform[i] : kUnnamed * (0.3 + 0.7 * uniform[i]);
    double visible = named ? kNeither : 0;
    if (Moves(felt, unit)) visible = kFeltAtOnset + progress * (kFeltAtApex - kFeltAtOnset);
    if (Moves(shown, unit)) {
      visible = std::max(visible, kShownAtOnset + progress * (1 - kShownAtOnset));
    }
    if (peak * visible > 0) intensities.push_back({unit, peak * visible});
  }
  return intensities;
}

std::vector<ManifestClip> SynthesizeClips(const SynthOptions& options) {
  std::vector<ManifestClip> clips;
  for (int number = 1; number <= options.subjects; ++number) {
    const Subject subject(options.seed, number);
    int clip = 0;
    for (const Emotion& felt : kEmotions) {
      int repetition = 0;
      for (const Emotion& shown : kEmotions) {
        ManifestClip row;
        row.subject = fmt::format("{:02}", number);
        row.sample = fmt::format("{}_{}{}_{}", row.subject, felt.name, ++repetition, shown.name);
        row.true_label = felt.name;
        row.disguised_label = shown.name;
        row.action_units = subject.DrawUnits(++clip, felt, shown);
        subject.DrawFrames(clip, row);
        clips.push_back(std::move(row));
      }
    }
  }
  return clips;
}

}  // namespace unmask
