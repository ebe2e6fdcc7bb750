#include "worker/trainer/lease_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <thread>

#include "common/base/sha256.h"
#include "common/data/pictures.h"
#include "common/tensors/safetensors.h"
#include "small_jobs.h"
#include "tests/testing/temp_folder.h"
#include "worker/model/gang_meeting.h"

namespace unmask {
namespace {

using ::testing::HasSubstr;
using testing::SmallDataset;
using testing::SmallSpec;

class LeaseRunnerTest : public ::testing::Test {
 protected:
  LeaseRunnerTest() {
    UNMASK_CHECK(MakeFolders(store_ / "blobs").ok());
    spec_.dataset = blobs().Write(DatasetBlob(SmallDataset())).value();
    lease_.checkpoint_seconds = 0;
  }

  BlobFolder blobs() const { return BlobFolder(store_ / "blobs"); }

  // Everything that is said about the lease.
  std::vector<Message> Run(const std::string& numerics = "cpu/test") {
    lease_.id = {JobKey(spec_), AttemptNumber{2}, CoordinatorEpoch{3}};
    if (lease_.spec.empty()) lease_.spec = CanonicalText(spec_);
    std::vector<Message> said;
    const LeaseRunner runner(store_, numerics, make_engine_, clock_,
                             [&](const Message& message) { said.push_back(message); });
    LeaseControl control;
    prepare_(control);
    runner.Run(lease_, control);
    steps_ = control.steps;
    return said;
  }

  // The only message that is there, or the last.
  template <typename T>
  static T Last(const std::vector<Message>& said) {
    UNMASK_CHECK(!said.empty() && std::holds_alternative<T>(said.back()));
    return std::get<T>(said.back());
  }

  void Damage(const CheckpointRef& checkpoint) const {
    std::fstream file(blobs().PathOf(checkpoint.sha256),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(checkpoint.bytes / 2);
    file.put('\x55');
    file.put('\xaa');
  }

  // All checkpoints of a whole run, newest first.
  std::vector<CheckpointRef> Checkpoints(const std::vector<Message>& said) {
    std::vector<CheckpointRef> refs;
    for (const Message& message : said) {
      if (const auto* written = std::get_if<CheckpointWritten>(&message)) {
        refs.insert(refs.begin(), written->checkpoint);
      }
    }
    return refs;
  }

  const TempFolder temp_;
  const fs::path store_ = temp_.path();
  testing::StillClock clock_;
  JobSpec spec_ = SmallSpec();
  Lease lease_;
  EngineMaker make_engine_ = MakeCoreEngine;
  std::function<void(LeaseControl&)> prepare_ = [](LeaseControl&) {};
  std::int64_t steps_ = 0;
};

TEST_F(LeaseRunnerTest, TrainsAndSaysEverythingInOrder) {
  const auto said = Run();
  ASSERT_EQ(said.size(), 7U);  // started, 5 checkpoints, result
  const auto started = std::get<AttemptStarted>(said[0]);
  EXPECT_EQ(started.lease, lease_.id);
  EXPECT_EQ(started.first_epoch, 0);
  EXPECT_EQ(started.note, "");
  const auto refs = Checkpoints(said);
  ASSERT_EQ(refs.size(), 5U);
  EXPECT_EQ(refs[0].epoch, 5);
  EXPECT_EQ(refs[0].numerics_class, "cpu/test");
  const std::string bytes = blobs().Read(refs[0].sha256).value();
  EXPECT_EQ(static_cast<std::int64_t>(bytes.size()), refs[0].bytes);
  const auto result = Last<ResultReady>(said);
  EXPECT_EQ(result.lease, lease_.id);
  EXPECT_EQ(result.result.numerics_class, "cpu/test");
  EXPECT_EQ(steps_, 30);
  const std::string weights = blobs().Read(result.result.output_sha256).value();
  EXPECT_EQ(ParseSafetensors(weights, "w").value().tensors.count("ter.classifier.weight"), 1U);
  lease_.keep_best = false;
  EXPECT_EQ(Last<ResultReady>(Run()).result.output_sha256, "");
}

JobResult WithoutNote(JobResult result) {
  result.note.clear();
  return result;
}

TEST_F(LeaseRunnerTest, GoesOnFromTheNewestIntactCheckpoint) {
  const auto whole = Run();
  const JobResult expected = Last<ResultReady>(whole).result;
  const auto refs = Checkpoints(whole);
  lease_.checkpoints = {refs[0], refs[1]};
  auto said = Run();
  EXPECT_EQ(std::get<AttemptStarted>(said[0]).first_epoch, 5);
  EXPECT_EQ(Last<ResultReady>(said).result, expected);

  Damage(refs[0]);
  said = Run();
  EXPECT_EQ(std::get<AttemptStarted>(said[0]).first_epoch, 4);
  EXPECT_NE(std::get<AttemptStarted>(said[0]).note.find("damaged"), std::string::npos);
  EXPECT_NE(Last<ResultReady>(said).result.note.find("damaged"), std::string::npos);  // it is kept
  EXPECT_EQ(WithoutNote(Last<ResultReady>(said).result), expected);

  fs::remove(blobs().PathOf(refs[0].sha256));
  fs::remove(blobs().PathOf(refs[1].sha256));
  said = Run();
  EXPECT_EQ(std::get<AttemptStarted>(said[0]).first_epoch, 0);
  EXPECT_EQ(WithoutNote(Last<ResultReady>(said).result), expected);
}

// A file server that comes back.
TEST_F(LeaseRunnerTest, ACheckpointThatCannotBeReadForAMomentIsWaitedFor) {
  const auto refs = Checkpoints(Run());
  lease_.checkpoints = {refs[0]};
  const fs::path file = blobs().PathOf(refs[0].sha256);
  const fs::path away = store_ / "away";
  fs::rename(file, away);
  std::thread server;
  prepare_ = [&](const LeaseControl& control) {
    server = std::thread([&control, &file, &away] {
      while (control.steps == 0) std::this_thread::yield();  // it has looked in vain
      fs::rename(away, file);
    });
  };
  const auto said = Run();
  server.join();
  EXPECT_EQ(std::get<AttemptStarted>(said[0]).first_epoch, 5);
  EXPECT_EQ(std::get<AttemptStarted>(said[0]).note, "");
}

// Another member of the group wrote it.
TEST_F(LeaseRunnerTest, ACheckpointThatMayNotBeReadIsNoReasonToStartAnew) {
  const auto refs = Checkpoints(Run());
  lease_.checkpoints = {refs[0], refs[1]};
  for (const fs::path& open : {store_, blobs().folder(), blobs().PathOf(spec_.dataset)}) {
    fs::permissions(open, fs::perms(0755));
  }
  fs::permissions(blobs().PathOf(refs[0].sha256), fs::perms::none);
  constexpr uid_t kNobody = 65534;
  const bool root = geteuid() == 0;  // which reads everything
  if (root) setfsuid(kNobody);
  const auto said = Run();
  if (root) setfsuid(0);
  const auto failed = Last<AttemptFailed>(said);
  EXPECT_EQ(failed.failure, FailureClass::kExit);
  EXPECT_THAT(failed.message, HasSubstr("Permission denied"));
  EXPECT_EQ(said.size(), 1U);
}

TEST_F(LeaseRunnerTest, DoesNotGoOnFromAnotherNumericsClassOrJob) {
  const auto refs = Checkpoints(Run());
  lease_.checkpoints = {refs[0]};
  const auto other_class = std::get<AttemptStarted>(Run("cpu/other")[0]);
  EXPECT_EQ(other_class.first_epoch, 0);
  EXPECT_NE(other_class.note.find("numerics class"), std::string::npos);
  spec_.seed = 9;
  lease_.spec.clear();
  const auto other_job = std::get<AttemptStarted>(Run()[0]);
  EXPECT_EQ(other_job.first_epoch, 0);
  EXPECT_NE(other_job.note.find("not of this job"), std::string::npos);
}

TEST_F(LeaseRunnerTest, BadInputFailsWithOneLine) {
  lease_.spec = "{\"kind\":";
  EXPECT_EQ(Last<AttemptFailed>(Run()).failure, FailureClass::kBadInput);
  lease_.spec = "";
  spec_.dataset = Sha256Hex("nothing");
  EXPECT_EQ(Last<AttemptFailed>(Run()).failure, FailureClass::kBadInput);
  lease_.spec = "";
  spec_.dataset = blobs().Write("{}").value();
  const auto said = Run();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(Last<AttemptFailed>(said).failure, FailureClass::kBadInput);
  EXPECT_EQ(Last<AttemptFailed>(said).message.find('\n'), std::string::npos);
}

TEST_F(LeaseRunnerTest, JobsOfAnotherNumericsVersionAreRefused) {
  for (const int version : {kNumericsVersion - 1, kNumericsVersion + 1}) {
    spec_.numerics_version = version;
    lease_.spec = "";
    EXPECT_EQ(Last<AttemptFailed>(Run()).failure, FailureClass::kBadInput);
  }
}

TEST_F(LeaseRunnerTest, ALossThatIsNotANumberIsSaid) {
  spec_.settings.train.lr = 1e38;
  EXPECT_EQ(Last<AttemptFailed>(Run()).failure, FailureClass::kNotANumber);
}

TEST_F(LeaseRunnerTest, AnEnginesExceptionEndsTheAttemptOnly) {
  make_engine_ = [](const Settings&, const ModelShape&,
                    const FoldData&) -> std::unique_ptr<Engine> { throw std::bad_alloc(); };
  EXPECT_EQ(Last<AttemptFailed>(Run()).failure, FailureClass::kOutOfMemory);
  make_engine_ = [](const Settings&, const ModelShape&,
                    const FoldData&) -> std::unique_ptr<Engine> {
    throw std::runtime_error("broken\nand more");
  };
  const auto failed = Last<AttemptFailed>(Run());
  EXPECT_EQ(failed.failure, FailureClass::kExit);
  EXPECT_EQ(failed.message, "broken");
}

TEST_F(LeaseRunnerTest, WhatADeviceOrMemoryDidIsToldFromTheJobsFault) {
  std::string words;
  make_engine_ = [&](const Settings&, const ModelShape&,
                     const FoldData&) -> std::unique_ptr<Engine> {
    throw std::runtime_error(words);
  };
  words = "libtorch: CUDA error: an illegal memory access was encountered";
  EXPECT_EQ(Last<AttemptFailed>(Run()).failure, FailureClass::kCuda);
  for (const char* memory :
       {"libtorch: CUDA out of memory. Tried to allocate 2.00 GiB.", "CUDA error: out of memory",
        "CUBLAS_STATUS_ALLOC_FAILED when calling"}) {
    words = memory;
    EXPECT_EQ(Last<AttemptFailed>(Run()).failure, FailureClass::kOutOfMemory);
  }
}

TEST_F(LeaseRunnerTest, AStepOfSeveralJobsBlamesNone) {
  make_engine_ = [](const Settings&, const ModelShape&,
                    const FoldData&) -> std::unique_ptr<Engine> {
    throw SharedStepFailed("CUDA out of memory.");
  };
  const auto failed = Last<AttemptFailed>(Run());
  EXPECT_EQ(failed.failure, FailureClass::kOutOfMemory);
  EXPECT_FALSE(failed.sole_suspect);
  make_engine_ = [](const Settings&, const ModelShape&,
                    const FoldData&) -> std::unique_ptr<Engine> { throw std::bad_alloc(); };
  EXPECT_TRUE(Last<AttemptFailed>(Run()).sole_suspect);
}

TEST_F(LeaseRunnerTest, WithoutRoomForCheckpointsItTrainsOn) {
  const JobResult expected = Last<ResultReady>(Run()).result;
  // Every new blob meets a folder of its name: writing fails, as on a full disk.
  const auto refs = Checkpoints(Run());
  for (const CheckpointRef& ref : refs) {
    fs::remove(blobs().PathOf(ref.sha256));
    fs::create_directories(blobs().PathOf(ref.sha256) / "in-the-way");
  }
  const auto said = Run();
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(Last<ResultReady>(said).result, expected);
}

TEST_F(LeaseRunnerTest, AResultGoesWithoutItsWeightsRatherThanNotAtAll) {
  const JobResult whole = Last<ResultReady>(Run()).result;
  fs::remove(blobs().PathOf(whole.output_sha256));
  fs::create_directories(blobs().PathOf(whole.output_sha256) / "in-the-way");
  const JobResult result = Last<ResultReady>(Run()).result;
  EXPECT_EQ(result.predictions, whole.predictions);
  EXPECT_EQ(result.output_sha256, "");
  EXPECT_NE(result.note.find("best weights not kept: cannot"), std::string::npos) << result.note;
}

// --- jobs on pictures

// Its blobs are there, its model is not.
class PicturesLeaseTest : public LeaseRunnerTest {
 protected:
  PicturesLeaseTest() {
    spec_.settings.features.source = FeatureSource::kClip;
    spec_.settings.augment.views = 1;
    for (const Clip& clip : SmallDataset().clips) pictures_.push_back({clip.sample, ""});
    spec_.pictures = blobs().Write(PicturesBlob(pictures_)).value();
    spec_.weights = std::string(64, 'f');
  }

  void Lend(const char* name, DType dtype, std::vector<std::int64_t> shape) {
    std::size_t bytes = dtype == DType::kF32 ? sizeof(float) : 1;
    for (const std::int64_t extent : shape) bytes *= static_cast<std::size_t>(extent);
    const std::string zeros(bytes, '\0');
    lease_.inputs = {blobs().Write(BlobTensorBytes(name, dtype, std::move(shape), zeros)).value()};
  }

  std::string WhyRefused() {
    lease_.spec.clear();
    const auto failed = Last<AttemptFailed>(Run());
    EXPECT_EQ(failed.failure, FailureClass::kBadInput);
    return failed.message;
  }

  std::vector<Picture> pictures_;
};

TEST_F(PicturesLeaseTest, TrainsOnTheBanksView) {
  Lend(kFeaturesTensor, DType::kF32, {std::ssize(pictures_), 4});
  lease_.inputs.push_back(lease_.inputs.front());  // of the one augmented view too
  EXPECT_EQ(Last<ResultReady>(Run()).result.images_forwarded, 0);
}

TEST_F(PicturesLeaseTest, ABlobIsTakenForWhatItIs) {
  Lend(kFeaturesTensor, DType::kF32, {std::ssize(pictures_)});
  EXPECT_THAT(WhyRefused(), HasSubstr("no tensor 'features' as it should be"));
  Lend("odd", DType::kF32, {1});
  EXPECT_THAT(WhyRefused(), HasSubstr("no tensor 'crops' as it should be"));
}

TEST_F(PicturesLeaseTest, OtherClipsAreRefusedBeforeAModelIsOpened) {
  const auto clips = std::ssize(pictures_);
  Lend(kFeaturesTensor, DType::kF32, {clips - 1, 4});
  EXPECT_THAT(WhyRefused(), HasSubstr("the view is not of the data set's pictures"));
  Lend(kCropsTensor, DType::kU8, {clips - 1, 2, 2, 3});
  EXPECT_THAT(WhyRefused(), HasSubstr("the crops are not of the data set's pictures"));
  spec_.settings.features.finetune = true;
  EXPECT_THAT(WhyRefused(), HasSubstr("the crops are not of the data set's pictures"));
  pictures_.front().sample = "another";
  spec_.pictures = blobs().Write(PicturesBlob(pictures_)).value();
  EXPECT_THAT(WhyRefused(), HasSubstr("the pictures are not of the data set's clips"));
}

// --- members of a gang

// An engine of two members that say the same, but for what `other` adds to a sum.
class TwinEngine final : public Engine {
 public:
  TwinEngine(std::unique_ptr<Engine> engine, double other)
      : engine_(std::move(engine)), other_(other) {}
  StepOutcome Step(std::int64_t view, std::span<const std::int64_t> clips,
                   const DropoutMasks& masks) override {
    return engine_->Step(view, clips, masks);
  }
  Evaluation Evaluate(std::span<const std::int64_t> clips) override {
    return engine_->Evaluate(clips);
  }
  NamedTensors Weights() const override { return engine_->Weights(); }
  NamedTensors Moments() const override { return engine_->Moments(); }
  void SetWeights(const NamedTensors& weights) override { engine_->SetWeights(weights); }
  void SetMoments(const NamedTensors& moments, std::int64_t steps) override {
    engine_->SetMoments(moments, steps);
  }
  int members() const override { return 2; }
  double SumOverMembers(double mine) override { return 2 * mine + other_; }

 private:
  std::unique_ptr<Engine> engine_;
  double other_;
};

class GangLeaseTest : public LeaseRunnerTest {
 protected:
  GangLeaseTest() {
    lease_.gang = {1, 2, true};
    prepare_ = [](LeaseControl& control) { control.LetGo("here:7"); };
    make_engine_ = [this](const Settings& settings, const ModelShape& shape, const FoldData& fold) {
      met_at_ = fold.gang->Meet(fold.gang->member() == 0 ? "here:7" : "");
      if (!met_at_) throw GangDismissed();
      return std::make_unique<TwinEngine>(MakeCoreEngine(settings, shape, fold), other_);
    };
  }
  std::optional<std::string> met_at_;
  double other_ = 0;
};

TEST_F(GangLeaseTest, OnlyMemberZeroSpeaksForTheJob) {
  const auto said = Run();
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(std::get<GangReady>(said[0]).address, "");
  EXPECT_EQ(Last<GangLeft>(said).trouble, "");
  EXPECT_EQ(met_at_, "here:7");
  lease_.gang.member = 0;
  const auto first = Run();
  ASSERT_EQ(first.size(), 8U);  // ready, started, 5 checkpoints, result
  EXPECT_EQ(std::get<GangReady>(first[0]).address, "here:7");
  Last<ResultReady>(first);
}

TEST_F(GangLeaseTest, AGangThatIsDismissedBeforeItMetYieldsOrSaysNothing) {
  prepare_ = [](LeaseControl& control) { control.Yield(); };
  EXPECT_EQ(Last<Yielded>(Run()).epoch, 0);
  prepare_ = [](LeaseControl& control) { control.Abandon(); };
  EXPECT_EQ(Run().size(), 1U);  // ready, and then nothing
}

TEST_F(GangLeaseTest, MembersThatFoundDifferentCheckpointsStartAnew) {
  lease_.gang.member = 0;
  lease_.checkpoints = {Checkpoints(Run())[1]};
  EXPECT_EQ(std::get<AttemptStarted>(Run()[1]).first_epoch, 4);
  other_ = 1;
  const auto started = std::get<AttemptStarted>(Run()[1]);
  EXPECT_EQ(started.first_epoch, 0);
  EXPECT_NE(started.note.find("did not find the checkpoint of epoch 4"), std::string::npos);
}

}  // namespace
}  // namespace unmask
