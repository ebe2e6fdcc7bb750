#include "common/data/synth.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace unmask {
namespace {

TEST(SynthTest, HasMfedsStructureAndNoProblems) {
  const auto clips = SynthesizeClips({});
  ASSERT_EQ(clips.size(), 22U * 36U);
  std::map<std::string, std::set<std::string>> pairs_by_subject;
  for (const ManifestClip& clip : clips) {
    if (IsMasked(clip)) {
      pairs_by_subject[clip.subject].insert(clip.true_label + clip.disguised_label);
    }
  }
  EXPECT_EQ(pairs_by_subject.size(), 22U);
  for (const auto& [subject, pairs] : pairs_by_subject) EXPECT_EQ(pairs.size(), 30U) << subject;
  auto manifest = ParseManifest(ManifestCsv(clips), "m.csv", "/data");
  EXPECT_TRUE(manifest.ok()) << FormatError(manifest.error());
}

TEST(SynthTest, AClipDependsOnSeedSubjectAndClipAlone) {
  const auto five = SynthesizeClips({.subjects = 5, .seed = 3});
  auto seven = SynthesizeClips({.subjects = 7, .seed = 3});
  seven.resize(five.size());
  EXPECT_EQ(ManifestCsv(five), ManifestCsv(seven));
  EXPECT_NE(ManifestCsv(five), ManifestCsv(SynthesizeClips({.subjects = 5, .seed = 4})));
  const std::uint64_t high_word = std::uint64_t{1} << 40;
  EXPECT_NE(ManifestCsv(five),
            ManifestCsv(SynthesizeClips({.subjects = 5, .seed = 3 + high_word})));
}

// Share of masked clips with `unit` among those whose label (true or shown) is `emotion`.
double Share(const std::vector<ManifestClip>& clips, const char* unit,
             std::string ManifestClip::* label, const std::string& emotion, bool is) {
  int seen = 0, all = 0;
  for (const ManifestClip& clip : clips) {
    if (!IsMasked(clip) || (clip.*label == emotion) != is) continue;
    const auto& units = clip.action_units;
    seen += std::find(units.begin(), units.end(), unit) != units.end();
    ++all;
  }
  return static_cast<double>(seen) / all;
}

TEST(SynthTest, TheShownEmotionDominatesAndTheTrueOneLeaks) {
  const auto clips = SynthesizeClips({.subjects = 200, .seed = 1});
  const auto shown = &ManifestClip::disguised_label;
  const auto felt = &ManifestClip::true_label;
  const double smile_shown =
      Share(clips, "12", shown, "ha", true) - Share(clips, "12", shown, "ha", false);
  const double smile_leaks =
      Share(clips, "12", felt, "ha", true) - Share(clips, "12", felt, "ha", false);
  EXPECT_GT(smile_shown, 0.35);
  EXPECT_GT(smile_leaks, 0.03);  // a clip cannot show what it hides, which takes from the leak
  EXPECT_LT(smile_leaks, smile_shown);
  EXPECT_GT(Share(clips, "6", felt, "ha", true) - Share(clips, "6", felt, "ha", false), 0.2)
      << "the reliable unit leaks most";
}

}  // namespace
}  // namespace unmask
