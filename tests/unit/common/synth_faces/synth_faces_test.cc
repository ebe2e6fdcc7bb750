#include "common/synth_faces/synth_faces.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/synth_faces/face.h"
#include "tests/testing/temp_folder.h"
#include "worker/images/image.h"

namespace unmask {
namespace {

// The picture's darkness within a box of face space, for an upright face in the middle.
double Darkness(const UnitStrengths& units, double left, double top, double right, double bottom) {
  constexpr int kSide = 256;
  const auto rgb = DrawFace(DrawIdentity(0, "01"), Pose{}, units, kSide).Rgb();
  double sum = 0;
  int count = 0;
  const auto pixel = [&](double at, double origin) {
    return static_cast<int>(std::lround(kSide * (origin + 0.292 * at)));
  };
  for (int y = pixel(top, 0.54); y < pixel(bottom, 0.54); ++y) {
    for (int x = pixel(left, 0.5); x < pixel(right, 0.5); ++x, ++count) {
      const std::uint8_t* p = &rgb[(static_cast<std::size_t>(y) * kSide + x) * 3];
      sum += 1 - (p[0] + p[1] + p[2]) / 765.0;
    }
  }
  return sum / count;
}

UnitStrengths Units(std::initializer_list<int> units) {
  UnitStrengths strengths;
  for (const int unit : units) strengths.Set(unit, 1);
  return strengths;
}

TEST(FaceTest, UnitsMoveWhatTheyShould) {
  const UnitStrengths none;
  // Jaw: an open mouth is dark.
  EXPECT_GT(Darkness(Units({25, 26, 27}), -0.15, 0.66, 0.15, 0.95),
            Darkness(none, -0.15, 0.66, 0.15, 0.95) + 0.2);
  // Lids: a closed eye has no dark iris and pupil.
  EXPECT_LT(Darkness(Units({43}), 0.36, -0.26, 0.5, -0.19),
            Darkness(none, 0.36, -0.26, 0.5, -0.19));
  // Brows: raised ones leave the place where they were, lowered ones come to the nose's root.
  EXPECT_LT(Darkness(Units({1, 2}), 0.25, -0.52, 0.6, -0.42),
            Darkness(none, 0.25, -0.52, 0.6, -0.42) - 0.1);
  EXPECT_GT(Darkness(Units({4}), -0.15, -0.42, 0.15, -0.3),
            Darkness(none, -0.15, -0.42, 0.15, -0.3) + 0.05);
  // Nose: creases across its bridge.
  EXPECT_GT(Darkness(Units({9}), -0.17, -0.22, 0.17, 0.05),
            Darkness(none, -0.17, -0.22, 0.17, 0.05) + 0.02);
  // Corners: up in a smile, down in grief, and dark at either place.
  EXPECT_GT(Darkness(Units({12}), 0.40, 0.48, 0.48, 0.56),
            Darkness(none, 0.40, 0.48, 0.48, 0.56) + 0.1);
  EXPECT_GT(Darkness(Units({15}), 0.32, 0.74, 0.42, 0.84),
            Darkness(none, 0.32, 0.74, 0.42, 0.84) + 0.05);
}

TEST(SynthFacesTest, APictureIsAFunctionOfSeedClipAndFrame) {
  const SynthOptions options{.subjects = 3, .seed = 4};
  const auto clips = SynthesizeClips(options);
  const ManifestClip& clip = clips[40];
  const std::string apex = SynthPicture(options, clip, *clip.apex);
  const auto decoded = DecodeImage(apex, "picture");
  ASSERT_TRUE(decoded.ok()) << FormatError(decoded.error());
  EXPECT_EQ(decoded->width, kSynthPictureSide);
  EXPECT_EQ(decoded->height, kSynthPictureSide);
  EXPECT_EQ(apex, SynthPicture(options, clip, *clip.apex));
  EXPECT_EQ(apex, SynthPicture({.subjects = 9, .seed = 4}, clip, *clip.apex));
  EXPECT_NE(apex, SynthPicture(options, clip, *clip.onset));
  EXPECT_NE(apex, SynthPicture({.subjects = 3, .seed = 5}, clip, *clip.apex));
  EXPECT_NE(apex, SynthPicture(options, clips[41], *clips[41].apex));
}

// Mean intensity over masked clips of 12 (shown by happiness alone) where happiness is `label`.
double Smile(std::string ManifestClip::* label, std::optional<std::int64_t> ManifestClip::* frame) {
  const SynthOptions options{.subjects = 40, .seed = 1};
  double sum = 0;
  int count = 0;
  for (const ManifestClip& clip : SynthesizeClips(options)) {
    if (!IsMasked(clip) || clip.*label != "ha") continue;
    ++count;
    for (const UnitIntensity& unit : SynthIntensities(options, clip, *(clip.*frame))) {
      EXPECT_GT(unit.intensity, 0);
      EXPECT_LE(unit.intensity, 1);
      if (unit.unit == 12) sum += unit.intensity;
    }
  }
  return sum / count;
}

TEST(SynthFacesTest, TheOnsetLeaksWhatTheApexHides) {
  const auto felt = &ManifestClip::true_label;
  const auto shown = &ManifestClip::disguised_label;
  EXPECT_GT(Smile(felt, &ManifestClip::onset), 1.25 * Smile(felt, &ManifestClip::apex));
  EXPECT_GT(Smile(shown, &ManifestClip::apex), 1.5 * Smile(shown, &ManifestClip::onset));
  EXPECT_GT(Smile(shown, &ManifestClip::apex), 1.2 * Smile(felt, &ManifestClip::apex));
}

TEST(SynthFacesTest, WritesFoldersAsMfedHasThem) {
  const TempFolder temp;
  const fs::path& folder = temp.path();
  const auto clips = WriteSynthFaces({.subjects = 2, .seed = 3}, folder);
  ASSERT_TRUE(clips.ok()) << FormatError(clips.error());
  const auto manifest = LoadManifest(folder / "manifest.csv");
  ASSERT_TRUE(manifest.ok()) << FormatError(manifest.error());
  ASSERT_EQ(manifest->clips.size(), 72U);
  for (const ManifestClip& clip : manifest->clips) {
    for (const auto frame : {clip.onset, clip.apex, clip.offset}) {
      const std::string number = std::to_string(*frame);
      const std::string file = "img" + std::string(5 - number.size(), '0') + number + ".png";
      EXPECT_TRUE(fs::is_regular_file(folder / clip.frames / file)) << clip.frames << "/" << file;
    }
  }
}

}  // namespace
}  // namespace unmask
