#include "tests/sim/sim_study.h"

namespace unmask {

namespace {

Nature RandomNature(SimRandom& random, double trouble) {
  if (!random.Chance(trouble)) return Nature::kHealthy;
  return static_cast<Nature>(random.Between(1, 5));
}

// Some jobs after the feature jobs become the views of one or two banks, and some training jobs
// behind them train on these.
void AddBanks(SimStudy& study, std::int64_t first, SimRandom& random) {
  for (int bank = 0; bank < random.Between(0, 2); ++bank) {
    const std::string name = "bank" + std::to_string(bank);
    const std::int64_t views = random.Between(1, 14);
    if (first + views >= std::ssize(study)) return;
    for (int view = 0; view < views; ++view) {
      SimJob& job = study[static_cast<std::size_t>(first++)];
      job.kind = JobKind::kFeatures;
      job.view_set = name;
      job.view = view;
      job.epochs = 1;
      job.bad_epoch = 1;
    }
    for (std::int64_t i = first; i < std::ssize(study); ++i) {
      if (!random.Chance(0.6)) continue;
      study[static_cast<std::size_t>(i)].view_set = name;
      study[static_cast<std::size_t>(i)].views = random.Between(1, views);
    }
  }
}

void AddGangs(SimStudy& study, SimRandom& random) {
  if (!random.Chance(0.4)) return;
  for (SimJob& job : study) {
    const bool trains = job.kind == JobKind::kTrain && job.view_set.empty();
    if (trains && random.Chance(0.3)) job.gang = static_cast<std::int32_t>(random.Between(2, 3));
  }
}

}  // namespace

SimStudy RandomStudy(SimRandom& random) {
  SimStudy study(random.Chance(0.1) ? random.Between(1, 3) : random.Between(4, 120));
  const double trouble = random.Chance(0.3) ? 0 : 0.01 * static_cast<double>(random.Between(1, 25));
  const std::int64_t features = random.Chance(0.5) ? 0 : random.Between(0, std::ssize(study) / 4);
  const std::int64_t cells = random.Between(1, 12);
  for (int i = 0; i < std::ssize(study); ++i) {
    SimJob& job = study[i];
    job.key = "j" + std::to_string(i);
    job.nature = RandomNature(random, trouble);
    job.epochs = random.Between(1, 20);
    job.bad_epoch = random.Between(1, job.epochs);
    job.answer = random.Between(0, 1'000'000'000);
    if (random.Chance(0.8)) job.cell = "c" + std::to_string(random.Between(1, cells));
    if (i < features) job.kind = JobKind::kFeatures;
    const std::int64_t needs = i > 0 && random.Chance(0.3) ? random.Between(1, 3) : 0;
    for (std::int64_t n = 0; n < needs; ++n) {
      job.dependencies.push_back(static_cast<int>(random.Between(0, i - 1)));
    }
  }
  AddBanks(study, features, random);
  AddGangs(study, random);
  // A view is needed through its bank alone.
  for (SimJob& job : study) {
    std::erase_if(job.dependencies, [&](int needed) { return study[needed].view >= 0; });
  }
  return study;
}

}  // namespace unmask
