#include "coordinator/report/fold_index.h"

namespace unmask {

FoldIndex::FoldIndex(std::span<const FoldRow> folds) {
  for (const FoldRow& fold : folds) {
    cells_[{fold.experiment, fold.point, fold.task}].push_back(&fold);
  }
}

const FoldList& FoldIndex::Find(const std::string& experiment, const std::string& point,
                                Task task) const {
  static const FoldList none;
  const auto at = cells_.find({experiment, point, task});
  return at == cells_.end() ? none : at->second;
}

}  // namespace unmask
