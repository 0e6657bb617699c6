#include "host/waves/fst_file.h"

#include <gtkwave/fstapi.h>

#include <cstdlib>
#include <memory>

#include "host/error/error.h"

namespace tessera {
namespace {

struct ReaderCloser {
  void operator()(void* reader) const { fstReaderClose(reader); }
};

std::uint64_t from_bits(const char* bits) { return std::strtoull(bits, nullptr, 2); }

bool is_definition(const fstHier& entry) {
  return entry.u.attr.typ == FST_AT_MISC && entry.u.attr.subtype == FST_MT_ENUMTABLE &&
         entry.u.attr.name_length > 0;
}

void add_enumeration(const fstHier& entry, FstFile& file) {
  fstETab* table = fstUtilityExtractEnumTableFromString(entry.u.attr.name);
  if (table == nullptr) return;
  auto& names = file.enumerations[std::to_string(entry.u.attr.arg)];
  for (std::uint32_t i = 0; i < table->elem_count; ++i)
    names[from_bits(table->val_arr[i])] = table->literal_arr[i];
  fstUtilityFreeEnumTable(table);
}

void add_signal(const fstHier& entry, const std::string& scope, const std::string& enumeration,
                FstFile& file) {
  std::string name = entry.u.var.name;
  FstSignal signal;
  if (const size_t space = name.find(' '); space != std::string::npos) {
    signal.range = name.substr(space + 1);
    name.resize(space);
  }
  signal.width = static_cast<int>(entry.u.var.length);
  signal.handle = entry.u.var.handle;
  signal.parameter = entry.u.var.typ == FST_VT_VCD_PARAMETER;
  signal.enumeration = enumeration;
  file.signals[scope + name] = signal;
}

void read_hierarchy(void* reader, FstFile& file) {
  std::vector<std::string> scopes = {""};
  std::string enumeration;
  fstReaderIterateHierRewind(reader);
  while (const fstHier* entry = fstReaderIterateHier(reader)) {
    switch (entry->htyp) {
      case FST_HT_SCOPE:
        scopes.push_back(scopes.back() + entry->u.scope.name + ".");
        break;
      case FST_HT_UPSCOPE:
        if (scopes.size() > 1) scopes.pop_back();
        break;
      case FST_HT_VAR:
        add_signal(*entry, scopes.back(), enumeration, file);
        enumeration.clear();
        break;
      case FST_HT_ATTRBEGIN:
        if (is_definition(*entry)) {
          add_enumeration(*entry, file);
        } else if (entry->u.attr.typ == FST_AT_MISC && entry->u.attr.subtype == FST_MT_ENUMTABLE) {
          enumeration = std::to_string(entry->u.attr.arg);
        }
        break;
      default:
        break;
    }
  }
}

struct Values {
  FstFile* file;
  std::map<std::uint32_t, std::string> first;
};

void on_change(void* user, std::uint64_t, fstHandle handle, const unsigned char* value) {
  Values& values = *static_cast<Values*>(user);
  if (values.first.emplace(handle, reinterpret_cast<const char*>(value)).second) return;
  ++values.file->changes[handle];
}

}  // namespace

FstFile read_fst(const std::string& path) {
  const std::unique_ptr<void, ReaderCloser> reader(fstReaderOpen(path.c_str()));
  if (!reader) fail(ErrorKind::kInput, "{}: not a complete FST file", path);
  FstFile file;
  read_hierarchy(reader.get(), file);
  file.first_time = fstReaderGetStartTime(reader.get());
  file.last_time = fstReaderGetEndTime(reader.get());
  Values values{&file, {}};
  fstReaderSetFacProcessMaskAll(reader.get());
  fstReaderIterBlocks(reader.get(), on_change, &values, nullptr);
  for (const auto& [name, signal] : file.signals) {
    const auto value = values.first.find(signal.handle);
    if (signal.parameter && signal.width <= 64 && value != values.first.end())
      file.parameters[name] = from_bits(value->second.c_str());
  }
  return file;
}

}  // namespace tessera
