#include "common/data/frames.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/sha256.h"
#include "common/data/media_kind.h"
#include "tests/testing/temp_folder.h"

namespace unmask {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using std::string_literals::operator""s;
const std::string kJpeg = "\xff\xd8\xff...";  // as far as finding looks
const std::string kAvi = "RIFF....AVI LIST";

class FramesTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(MakeFolders(root_).ok()); }

  void Write(const fs::path& file, const std::string& bytes = kJpeg) {
    ASSERT_TRUE(MakeFolders((root_ / file).parent_path()).ok());
    ASSERT_TRUE(WriteFileDurably(root_ / file, bytes).ok());
  }

  // A manifest of one clip, line 2, with onset 1 and the apex given.
  static Manifest OneClip(const std::string& frames, const std::string& apex) {
    auto manifest = ParseManifest(
        "sample,subject,true,disguised,onset,apex,offset,frames,action_units\n"
        "c,s,an,ha,1," +
            apex + ",," + frames + ",\n",
        "m.csv", "/nowhere");
    UNMASK_CHECK(manifest.ok());
    return *manifest;
  }

  Result<FrameRef> Find(const std::string& frames, const std::string& apex,
                        FramePoint point = FramePoint::kApex) {
    return FrameFinder("m.csv", root_).Find(OneClip(frames, apex).clips[0], point);
  }

  // The path relative to the root, "#N" behind it for a video; or the error.
  std::string Found(const std::string& frames, const std::string& apex,
                    FramePoint point = FramePoint::kApex) {
    const auto frame = Find(frames, apex, point);
    if (!frame.ok()) return FormatError(frame.error());
    return frame->path.lexically_relative(root_).string() +
           (frame->video_frame < 0 ? "" : "#" + std::to_string(frame->video_frame));
  }

  const TempFolder temp_;
  const fs::path folder_ = fs::canonical(temp_.path());
  const fs::path root_ = folder_ / "root";
};

TEST_F(FramesTest, TheLastRunOfDigitsBeforeTheExtensionIsTheNumber) {
  EXPECT_EQ(FrameNumberOf("img_0012.jpg"), "12");
  EXPECT_EQ(FrameNumberOf("s03_2_05588.PNG"), "5588");
  EXPECT_EQ(FrameNumberOf("12.jp2"), "12");
  EXPECT_EQ(FrameNumberOf("img.12"), "12");
  EXPECT_EQ(FrameNumberOf("7_crop.jpg"), "7");
  EXPECT_EQ(FrameNumberOf("000.jpg"), "0");
  EXPECT_EQ(FrameNumberOf("face.jpg"), "");
  EXPECT_EQ(FrameNumberOf(""), "");
  EXPECT_EQ(FrameNumberOf(std::string(100, '0') + std::string(100, '9')), std::string(100, '9'));
}

TEST_F(FramesTest, FindsTheNumberWhateverItsZeros) {
  Write("s/c/img_1.jpg");
  Write("s/c/img_0012.jpg");
  Write("s/c/img_112.jpg");
  Write("s/c/img_0120.jpg");
  EXPECT_EQ(Found("s/c", "12"), "s/c/img_0012.jpg");
  EXPECT_EQ(Found("s/c/", "112"), "s/c/img_112.jpg");
  EXPECT_EQ(Found("s/c", "12", FramePoint::kOnset), "s/c/img_1.jpg");
}

TEST_F(FramesTest, OneImageNeedsNoNumberAndAVideoHasFramesOfItsOwn) {
  Write("face.jpg");
  Write("clip.avi", kAvi);
  EXPECT_EQ(Found("face.jpg", ""), "face.jpg");
  EXPECT_EQ(Found("face.jpg", "900"), "face.jpg");
  EXPECT_EQ(Found("clip.avi", "17"), "clip.avi#17");
  EXPECT_THAT(Found("clip.avi", ""), HasSubstr("clip 'c' has no apex frame (m.csv:2:13)"));
}

TEST_F(FramesTest, FilesThatAreNoImagesArePassedOver) {
  Write("c/012.jpg");
  Write("c/12.txt", "landmarks");
  Write("c/._012.jpg");
  ASSERT_TRUE(MakeFolders(root_ / "c" / "12").ok());
  EXPECT_EQ(Found("c", "12"), "c/012.jpg");
}

TEST_F(FramesTest, NamesWhatIsMissing) {
  Write("c/1.jpg");
  Write("c/020.jpg");
  Write("c/9.jpg");
  ASSERT_TRUE(MakeFolders(root_ / "empty").ok());
  Write("notes.txt", "text");
  EXPECT_THAT(Found("c", "12"),
              AllOf(HasSubstr("no frame 12 in 'c' (m.csv:2:17)"), HasSubstr("1 to 20")));
  EXPECT_THAT(Found("c", ""), HasSubstr("no apex frame (m.csv:2:13)"));
  EXPECT_THAT(Found("empty", "12"), HasSubstr("no frame 12 in 'empty'"));
  EXPECT_THAT(Found("none", "12"), AllOf(HasSubstr("clip 'c'"), HasSubstr("No such file")));
  EXPECT_THAT(Found("notes.txt", "12"), HasSubstr("neither image nor video (m.csv:2:17)"));
  EXPECT_THAT(Found("", "12"), HasSubstr("clip 'c' has no frames"));
}

TEST_F(FramesTest, TwoImagesOfANumberAreAnError) {
  Write("c/img_12.jpg");
  Write("c/img_0012.png");
  EXPECT_THAT(Found("c", "12"),
              AllOf(HasSubstr("there twice"), HasSubstr("img_0012.png"), HasSubstr("img_12.jpg")));
}

TEST_F(FramesTest, HugeNumbersAreNumbers) {
  const std::string digits(200, '7');
  Write("c/" + digits + ".jpg");
  Write("c/9223372036854775807.jpg");
  EXPECT_EQ(Found("c", "9223372036854775807"), "c/9223372036854775807.jpg");
  EXPECT_THAT(Found("c", "3"), HasSubstr(digits));
}

TEST_F(FramesTest, NeverLeavesTheRoot) {
  ASSERT_TRUE(WriteFileDurably(folder_ / "secret_12.jpg", kJpeg).ok());
  ASSERT_TRUE(MakeFolders(root_ / "c").ok());
  fs::create_symlink(folder_ / "secret_12.jpg", root_ / "c" / "12.jpg");
  fs::create_directory_symlink(folder_, root_ / "out");
  fs::create_symlink(folder_ / "secret_12.jpg", root_ / "face.jpg");
  EXPECT_THAT(Found("c", "12"), HasSubstr("leaves its root"));
  EXPECT_THAT(Found("out", "12"), HasSubstr("leaves its root"));
  EXPECT_THAT(Found("face.jpg", "12"), HasSubstr("leaves its root"));
  EXPECT_EQ(
      FrameFinder("m.csv", folder_).Find(OneClip("root/c", "12").clips[0], FramePoint::kApex)->path,
      folder_ / "secret_12.jpg")
      << "beneath its root";
}

// Manifests that were not read from a file have not been checked either.
TEST_F(FramesTest, ClipsMadeByHandAreNamed) {
  ManifestClip clip;
  clip.sample = "x";
  clip.apex = 12;
  for (const char* frames : {"../secret_12.jpg", "/etc"}) {
    clip.frames = frames;
    const auto frame = FrameFinder("m.csv", root_).Find(clip, FramePoint::kApex);
    ASSERT_FALSE(frame.ok());
    EXPECT_THAT(FormatError(frame.error()), HasSubstr("m.csv, clip 'x'"));
  }
}

TEST_F(FramesTest, OddFilesAreErrorsAndNotWaitedFor) {
  ASSERT_TRUE(MakeFolders(root_ / "c").ok());
  ASSERT_TRUE(MakeFolders(root_ / "c" / "13.jpg").ok());
  ASSERT_EQ(mkfifo((root_ / "c" / "12.jpg").c_str(), 0600), 0);
  fs::create_symlink("14.jpg", root_ / "c" / "14.jpg");
  fs::create_symlink("gone.jpg", root_ / "c" / "15.jpg");
  Write("c/16.jpg", "");
  EXPECT_THAT(Found("c", "12"), HasSubstr("not a regular file"));
  EXPECT_THAT(Found("c/12.jpg", "12"), HasSubstr("not a regular file"));
  EXPECT_THAT(Found("c", "13"), HasSubstr("not a regular file"));
  EXPECT_FALSE(Find("c", "14").ok());
  EXPECT_THAT(Found("c", "15"), HasSubstr("No such file"));
  EXPECT_THAT(Found("c", "16"), HasSubstr("not an image"));
}

TEST_F(FramesTest, UnreadableFoldersAreErrors) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  Write("c/12.jpg");
  ASSERT_EQ(chmod((root_ / "c").c_str(), 0), 0);
  EXPECT_THAT(Found("c", "12"), HasSubstr("Permission denied"));
  ASSERT_EQ(chmod((root_ / "c").c_str(), 0700), 0);
}

TEST_F(FramesTest, AStudysFramesComeInItsOrderWithEveryProblemAtOnce) {
  Write("b/5.jpg");
  Write("a/5.jpg");
  const std::string header =
      "sample,subject,true,disguised,onset,apex,offset,frames,action_units\n";
  const auto frames = [&](const std::string& rows) {
    const auto manifest = ParseManifest(header + rows, "m.csv", root_);
    UNMASK_CHECK(manifest.ok());
    const auto dataset =
        SelectClips(*manifest, {.masked_only = true, .action_units = false, .min_subjects = 1});
    UNMASK_CHECK(dataset.ok());
    return FindFrames(*manifest, *dataset, root_, FramePoint::kApex);
  };
  const std::string good = "y,s,an,ha,,5,,b,\nx,s,an,ha,,5,,a,\nnot masked,s,ha,ha,,,,,\n";
  const auto found = frames(good);
  ASSERT_TRUE(found.ok()) << FormatError(found.error());
  EXPECT_THAT(*found, ElementsAre(FrameRef{root_ / "a" / "5.jpg", -1},
                                  FrameRef{root_ / "b" / "5.jpg", -1}));
  const auto bad = frames(good + "z,s,an,ha,,6,,b,\nv,s,an,ha,,,,b,\n");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, ErrorCode::kData);
  EXPECT_EQ(bad.error().problems.size(), 2U);
  EXPECT_THAT(bad.error().problems[0].where, HasSubstr("m.csv:5:"));  // though 'v' comes before 'z'
  EXPECT_THAT(bad.error().problems[1].where, HasSubstr("m.csv:6:"));
}

TEST_F(FramesTest, ARootThatIsNoFolderIsToldOnce) {
  const auto manifest = ParseManifest(
      "sample,subject,true,disguised,onset,apex,offset,frames,action_units\n"
      "y,s,an,ha,,5,,b,\nx,s,an,ha,,5,,a,\n",
      "m.csv", root_);
  ASSERT_TRUE(manifest.ok());
  const auto dataset =
      SelectClips(*manifest, {.masked_only = true, .action_units = false, .min_subjects = 1});
  ASSERT_TRUE(dataset.ok());
  const auto found = FindFrames(*manifest, *dataset, root_ / "nowhere", FramePoint::kApex);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kData);
  EXPECT_EQ(found.error().problems.size(), 1U);
  EXPECT_THAT(FormatError(found.error()), AllOf(HasSubstr("dataset.root"), HasSubstr("nowhere")));
}

TEST_F(FramesTest, FingerprintsAreOfTheContent) {
  Write("a.jpg", "abc");
  Write("b.jpg", "abc");
  const std::string large(200'000, 'x');
  Write("v.avi", large);
  const auto prints = FrameFingerprints(
      {{root_ / "a.jpg", -1}, {root_ / "b.jpg", -1}, {root_ / "v.avi", 3}, {root_ / "v.avi", 4}});
  ASSERT_TRUE(prints.ok()) << FormatError(prints.error());
  EXPECT_THAT(*prints, ElementsAre(Sha256Hex("abc"), Sha256Hex("abc"), Sha256Hex(large) + "#3",
                                   Sha256Hex(large) + "#4"));
  const auto missing = FrameFingerprints({{root_ / "1", -1}, {root_ / "a.jpg", -1}, {root_, -1}});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().problems.size(), 2U);
}

TEST(MediaKindTest, IsToldByTheFirstBytes) {
  EXPECT_EQ(MediaKindOf("\x89PNG\r\n\x1a\n...."), MediaKind::kImage);
  EXPECT_EQ(MediaKindOf("RIFF....WEBPVP8 "), MediaKind::kImage);
  EXPECT_EQ(MediaKindOf("BM......"), MediaKind::kImage);
  EXPECT_EQ(MediaKindOf(kJpeg), MediaKind::kImage);
  EXPECT_EQ(MediaKindOf(kAvi), MediaKind::kVideo);
  EXPECT_EQ(MediaKindOf("\0\0\0\x20"
                        "ftypisom"s),
            MediaKind::kVideo);
  EXPECT_EQ(MediaKindOf("\x1a\x45\xdf\xa3...."), MediaKind::kVideo);
  EXPECT_EQ(MediaKindOf("\0\0\x01\xba...."s), MediaKind::kVideo);
  std::string transport(512, '.');
  transport[0] = transport[188] = transport[376] = 'G';
  EXPECT_EQ(MediaKindOf(transport), MediaKind::kVideo);
  EXPECT_EQ(MediaKindOf("GIF89a"), MediaKind::kOther);
  EXPECT_EQ(MediaKindOf("RIFF....WAVE"), MediaKind::kOther);
  EXPECT_EQ(MediaKindOf("RIFF"), MediaKind::kOther);
  EXPECT_EQ(MediaKindOf(""), MediaKind::kOther);
}

}  // namespace
}  // namespace unmask
