// The tensors of a model's files, matched with what its configuration needs.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "common/tensors/weight_files.h"
#include "worker/backbone/layouts.h"

namespace unmask {

using BoundWeights = std::map<std::string, StoredTensor>;  // by role; optional ones may be absent

// Prefixes ("vision_model.", "vit.", "module.", ...) and older spellings (LayerNorm's gamma and
// beta) are accepted. Missing, unknown and misshaped tensors are one error that lists them. The
// views live as long as `files`.
Result<BoundWeights> BindWeights(const WeightFiles& files, const BackboneConfig& config,
                                 const std::string& where);

// The same for the layout that fits best. `known_extra`: whether a tensor of that canonical name,
// which the layout has not, may be there.
Result<BoundWeights> BindLayout(const WeightFiles& files, const std::vector<Layout>& layouts,
                                const std::function<bool(const std::string&)>& known_extra,
                                const std::string& where);

// The name without prefixes, in the spelling of the layouts.
std::string CanonicalName(std::string name);

}  // namespace unmask
