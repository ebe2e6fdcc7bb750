#include "coordinator/report/pairing.h"

#include <map>
#include <set>

namespace unmask {
namespace {

using Place = std::pair<std::int64_t, std::string>;  // seed, held-out subject

std::map<Place, const FoldRow*> ByPlace(const FoldList& folds) {
  std::map<Place, const FoldRow*> places;
  for (const FoldRow* fold : folds) places[{fold->seed, fold->held_out}] = fold;
  return places;
}

// How often each class is the truth. Classes that a fold lists and does not have do not count.
std::map<std::string, std::int64_t> LabelsOf(const ConfusionMatrix& matrix) {
  std::map<std::string, std::int64_t> labels;
  for (std::size_t label = 0; label < matrix.classes.size(); ++label) {
    for (std::size_t predicted = 0; predicted < matrix.classes.size(); ++predicted) {
      const std::int64_t count = matrix.At(label, predicted);
      if (count > 0) labels[matrix.classes[label]] += count;
    }
  }
  return labels;
}

std::string ObstacleAt(const std::map<Place, const FoldRow*>& first,
                       const std::map<Place, const FoldRow*>& second) {
  std::set<std::int64_t> seeds[2];
  std::set<std::string> subjects[2];
  for (const auto& [place, fold] : first) seeds[0].insert(place.first);
  for (const auto& [place, fold] : second) seeds[1].insert(place.first);
  for (const auto& [place, fold] : first) subjects[0].insert(place.second);
  for (const auto& [place, fold] : second) subjects[1].insert(place.second);
  if (seeds[0] != seeds[1]) return "other seeds";
  if (subjects[0] != subjects[1]) return "other held-out subjects";
  return "";
}

void AddFold(const FoldRow& first, const FoldRow& second,
             std::map<std::string, PairedSubject>& subjects, Pairing& pairing) {
  pairing.same_jobs = pairing.same_jobs && first.job_key == second.job_key;
  if (first.state != JobState::kDone || second.state != JobState::kDone) {
    pairing.incomplete = true;
    return;
  }
  if (LabelsOf(first.confusion) != LabelsOf(second.confusion)) pairing.obstacle = "other clips";
  PairedSubject& subject = subjects[first.held_out];
  subject.subject = first.held_out;
  subject.clips += first.confusion.Total();
  subject.first += first.confusion.Right();
  subject.second += second.confusion.Right();
}

}  // namespace

double PairedSubject::Difference() const {
  return clips == 0 ? 0 : static_cast<double>(second - first) / static_cast<double>(clips);
}

std::vector<std::int64_t> Pairing::Differences() const {
  std::vector<std::int64_t> differences;
  differences.reserve(subjects.size());
  for (const PairedSubject& subject : subjects) {
    differences.push_back(subject.second - subject.first);
  }
  return differences;
}

std::vector<double> Pairing::AccuracyDifferences() const {
  std::vector<double> differences;
  differences.reserve(subjects.size());
  for (const PairedSubject& subject : subjects) differences.push_back(subject.Difference());
  return differences;
}

std::vector<double> Pairing::Clips() const {
  std::vector<double> clips;
  clips.reserve(subjects.size());
  for (const PairedSubject& subject : subjects) {
    clips.push_back(static_cast<double>(subject.clips));
  }
  return clips;
}

double Pairing::Difference() const {
  double right = 0;
  double clips = 0;
  for (const PairedSubject& subject : subjects) {
    right += static_cast<double>(subject.second - subject.first);
    clips += static_cast<double>(subject.clips);
  }
  return clips == 0 ? 0 : right / clips;
}

Pairing PairFolds(const FoldList& first, const FoldList& second) {
  const auto here = ByPlace(first);
  const auto there = ByPlace(second);
  Pairing pairing;
  pairing.obstacle = ObstacleAt(here, there);
  if (here.empty() || there.empty()) pairing.incomplete = true;
  if (!pairing.ok()) return pairing;
  pairing.same_jobs = true;
  std::map<std::string, PairedSubject> subjects;
  std::set<std::int64_t> seeds;
  for (const auto& [place, fold] : here) {
    const auto other = there.find(place);
    if (other == there.end()) {
      pairing.obstacle = "other held-out subjects";
      return pairing;
    }
    seeds.insert(place.first);
    AddFold(*fold, *other->second, subjects, pairing);
  }
  pairing.seeds = static_cast<std::int64_t>(seeds.size());
  for (auto& [name, subject] : subjects) pairing.subjects.push_back(std::move(subject));
  return pairing;
}

}  // namespace unmask
