#include "tests/sim/sim_study.h"

namespace unmask {

namespace {

Nature RandomNature(SimRandom& random, double trouble) {
  if (!random.Chance(trouble)) return Nature::kHealthy;
  return static_cast<Nature>(random.Between(1, 5));
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
    job.epochs = random.Between(1, 8);
    job.bad_epoch = random.Between(1, job.epochs);
    job.answer = random.Between(0, 1'000'000'000);
    if (random.Chance(0.8)) job.cell = "c" + std::to_string(random.Between(1, cells));
    if (i < features) job.kind = JobKind::kFeatures;
    const std::int64_t needs = i > 0 && random.Chance(0.3) ? random.Between(1, 3) : 0;
    for (std::int64_t n = 0; n < needs; ++n) {
      job.dependencies.push_back(static_cast<int>(random.Between(0, i - 1)));
    }
  }
  return study;
}

}  // namespace unmask
