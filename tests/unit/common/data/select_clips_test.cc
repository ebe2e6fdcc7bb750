#include <gmock/gmock.h>

#include "common/data/manifest.h"

namespace unmask {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ManifestClip Row(std::string sample, std::string subject, std::string felt, std::string shown,
                 std::vector<std::string> units = {}) {
  ManifestClip row;
  row.sample = std::move(sample);
  row.subject = std::move(subject);
  row.true_label = std::move(felt);
  row.disguised_label = std::move(shown);
  row.action_units = std::move(units);
  row.line = 7;
  return row;
}

Manifest Example() {
  return {"m.csv",
          {Row("b", "2", "an", "ha", {"12", "4", "1"}), Row("a", "1", "sa", "ha", {"6"}),
           Row("c", "3", "an", "an"), Row("B", "3", "ha", "an")}};
}

std::vector<std::string> Samples(const Dataset& dataset) {
  std::vector<std::string> samples;
  for (const Clip& clip : dataset.clips) samples.push_back(clip.sample);
  return samples;
}

TEST(SelectClipsTest, MaskedMeansThatTrueDiffersFromDisguised) {
  auto masked = SelectClips(Example(), {.min_subjects = 3});
  ASSERT_TRUE(masked.ok()) << FormatError(masked.error());
  EXPECT_THAT(Samples(*masked), ElementsAre("B", "a", "b"));
  auto all = SelectClips(Example(), {.masked_only = false});
  ASSERT_TRUE(all.ok());
  EXPECT_THAT(Samples(*all), ElementsAre("B", "a", "b", "c"));
}

TEST(SelectClipsTest, ActionUnitsAreInTheVocabularysOrder) {
  auto dataset = SelectClips(Example(), {});
  ASSERT_TRUE(dataset.ok());
  EXPECT_THAT(dataset->clips[2].action_units, ElementsAre("1", "4", "12"));
}

// As where a study of pictures forgot to say so.
TEST(SelectClipsTest, ActionUnitsOfNoClipAreAnError) {
  Manifest bare = Example();
  for (ManifestClip& clip : bare.clips) clip.action_units.clear();
  const auto dataset = SelectClips(bare, {});
  ASSERT_FALSE(dataset.ok());
  EXPECT_THAT(FormatError(dataset.error()), HasSubstr("no clip has action units (m.csv)"));
  EXPECT_TRUE(SelectClips(bare, {.action_units = false}).ok());
}

TEST(SelectClipsTest, FeaturesComeFromATable) {
  FeatureTable table{"f.csv", 1, {{"a", {1}}, {"b", {2}}, {"B", {3}}, {"other", {4}}}};
  const ClipQuery query{.action_units = false, .features = &table};
  const auto dataset = SelectClips(Example(), query);
  ASSERT_TRUE(dataset.ok()) << FormatError(dataset.error());
  EXPECT_THAT(dataset->clips[2].features, ElementsAre(2.0F));
  EXPECT_TRUE(dataset->clips[2].action_units.empty());
  table.rows.erase("a");
  EXPECT_THAT(FormatError(SelectClips(Example(), query).error()),
              HasSubstr("clip 'a' has no features (f.csv): a row with that sample"));
  table.rows = {{"c", {1}}};  // which is not masked
  EXPECT_EQ(FormatError(SelectClips(Example(), query).error()),
            "unmask: error: no clip has features (f.csv): the manifest's samples, such as 'b'");
}

// An edit of a column that a study does not consume leaves its jobs alone.
TEST(SelectClipsTest, ColumnsThatAreNotConsumedCannotChangeTheBlob) {
  Manifest other = Example();
  other.clips[1].true_label = "fe";
  other.clips[1].action_units = {"27"};
  other.clips[1].apex = 3;
  const ClipQuery der{.true_label = false, .action_units = false};
  auto a = SelectClips(Example(), der);
  auto b = SelectClips(other, der);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(DatasetBlob(*a), DatasetBlob(*b));
  EXPECT_NE(DatasetBlob(*SelectClips(Example(), {})), DatasetBlob(*SelectClips(other, {})));
}

TEST(SelectClipsTest, TheOrderOfRowsDoesNotMatter) {
  Manifest shuffled = Example();
  std::swap(shuffled.clips[0], shuffled.clips[3]);
  EXPECT_EQ(DatasetBlob(*SelectClips(shuffled, {})), DatasetBlob(*SelectClips(Example(), {})));
}

TEST(SelectClipsTest, ALabelThatIsNeededMustBeThere) {
  Manifest manifest = Example();
  manifest.clips[0].true_label = "";
  manifest.clips[1].disguised_label = "";
  const auto masked = SelectClips(manifest, {.true_label = false});
  ASSERT_FALSE(masked.ok());
  EXPECT_THAT(FormatError(masked.error()), AllOf(HasSubstr("clip 'b' has no true label (m.csv:7)"),
                                                 HasSubstr("clip 'a' has no disguised label")));
  EXPECT_FALSE(SelectClips(manifest, {.masked_only = false, .true_label = false}).ok());
  manifest.clips[1].disguised_label = "ha";
  EXPECT_TRUE(SelectClips(manifest, {.masked_only = false, .true_label = false}).ok());
}

// Data with one emotion a clip: one line, with the study that fits them.
TEST(SelectClipsTest, ALabelThatNoClipHasIsToldOnce) {
  Manifest manifest = Example();
  for (ManifestClip& clip : manifest.clips) clip.disguised_label = "";
  const auto said = [&](const ClipQuery& query) {
    return FormatError(SelectClips(manifest, query).error());
  };
  const std::string what = "unmask: error: no clip has a disguised label (m.csv): labels";
  EXPECT_EQ(said({}), what + ", or dataset.clips=all model.kind=single-task model.task=ter");
  EXPECT_EQ(said({.masked_only = false}), what + ", or model.kind=single-task model.task=ter");
  EXPECT_EQ(said({.disguised_label = false}), what + ", or dataset.clips=all");
  EXPECT_EQ(said({.masked_only = false, .true_label = false}), what + ", or model.task=ter");
  EXPECT_TRUE(SelectClips(manifest, {.masked_only = false, .disguised_label = false}).ok());
  manifest.clips[0].true_label = "";
  EXPECT_THAT(said({}), HasSubstr("clip 'b' has no true label (m.csv:7)"));
  for (ManifestClip& clip : manifest.clips) clip.true_label = "";
  EXPECT_EQ(said({}), "unmask: error: no clip has a true label (m.csv): labels\n" + what);
}

TEST(SelectClipsTest, TooFewSubjectsOrClipsAreErrors) {
  Manifest manifest = Example();
  EXPECT_TRUE(SelectClips(manifest, {.min_subjects = 3}).ok());
  manifest.clips.pop_back();  // subject 3 is left with an unmasked clip
  const auto few = SelectClips(manifest, {.min_subjects = 3});
  ASSERT_FALSE(few.ok());
  EXPECT_EQ(few.error().code, ErrorCode::kData);
  EXPECT_THAT(FormatError(few.error()), AllOf(HasSubstr("2 subject"), HasSubstr("at least 3")));
  EXPECT_TRUE(SelectClips(manifest, {.min_subjects = 2}).ok());
  manifest.clips = {Row("c", "3", "an", "an")};
  const auto none = SelectClips(manifest, {});
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(FormatError(none.error()), HasSubstr("no masked clips"));
}

}  // namespace
}  // namespace unmask
