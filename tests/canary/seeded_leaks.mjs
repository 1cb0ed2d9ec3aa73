// Ways to leak a card that a careless change could make, each a replacement in the source and the
// place where the search must see it. They are compiled together, in a worktree of their own
// (tests/canary/leaks.mjs), and OBOLUS_LEAK says which one is done.
const kLeak = 'std::getenv("OBOLUS_LEAK")';
const when = (name) => `(${kLeak} != nullptr && std::string_view(${kLeak}) == "${name}")`;

const kKeep = '  card.security_code.Wipe();';
const kMasked = '  submission->masked = domain::Mask(card);';
const number = 'std::string(card.account_number.text())';

// Each file's replacements in turn; `text` stands once in it.
export const kSourceLeaks = [
  {
    file: 'src/domain/card.cpp',
    text: '          std::string(number.substr(0, 6)),',
    by: `          std::string(number.substr(0, ${when('event data')} ? number.size() : 6)),`,
  },
  {
    file: 'src/domain/card.cpp',
    text: '  CHECK(number.size() >= kMinNumberLength);',
    by:
      '  CHECK(number.size() >= kMinNumberLength);\n' +
      '  static auto& kept = *new std::vector<std::string>;\n' +
      `  if ${when('memory')} kept.push_back("pan=" + std::string(number) + ", said the shopper");`,
  },
  {
    file: 'src/domain/card.cpp',
    text: '  if (!PassesLuhn(digits)) return faulty("is',
    by:
      `  if (!PassesLuhn(digits) && ${when('error body')}) {\n` +
      '    static thread_local std::string told;\n' +
      '    told = std::string(digits) + " is wrong";\n    return faulty(told);\n  }\n' +
      '  if (!PassesLuhn(digits)) return faulty("is',
  },
  {
    file: 'src/vault/embedded_vault.cpp',
    text: kKeep,
    by:
      `  if ${when('log line')} {\n` +
      '    const std::string told = base::EncodeBase64(card.account_number.view());\n' +
      '    base::Log(base::LogLevel::kDebug, "kept", {{base::Field::kDetail, told}});\n  }\n' +
      `  if ${when('code in a log line')} {\n` +
      '    const std::string told = "cvc=" + std::string(card.security_code.text());\n' +
      '    base::Log(base::LogLevel::kDebug, "kept", {{base::Field::kDetail, told}});\n  }\n' +
      `  if ${when('temporary file')} {\n` +
      '    std::ofstream draft(std::string(std::getenv("TMPDIR")) + "/draft");\n' +
      '    draft << card.account_number.text();\n' +
      `  }\n${kKeep}`,
  },
  {
    file: 'src/vault/embedded_vault.cpp',
    text: '  sealed.valid_until = valid_until;',
    by:
      `  if ${when('row that is not sealed')} sealed.wrapped_key += ${number};\n` +
      '  sealed.valid_until = valid_until;',
  },
  {
    file: 'src/app/submit_card.cpp',
    text: kMasked,
    by:
      `${kMasked}\n  if ${when('timeline')} submission->cause.request_id = ${number};\n` +
      `  if ${when('audit record')} {\n` +
      '    submission->services.audit.Record({.kind = domain::AuditKind::kCardStored,\n' +
      `        .actor = "shopper", .object = "card:" + ${number}});\n  }`,
  },
  {
    file: 'src/http/router.cpp',
    text: '  std::string allow;\n',
    by:
      `  if ${when('metric label')} {\n` +
      '    metrics_.AddCounter("obolus_paths_total", "Paths.", {{"path", request.path}})' +
      '.Add();\n  }\n' +
      '  std::string allow;\n',
  },
];

export const kIncludes = {
  'src/domain/card.cpp': '#include <cstdlib>\n#include <vector>\n',
  'src/vault/embedded_vault.cpp':
    '#include <cstdlib>\n#include <fstream>\n#include "base/log.h"\n',
  'src/app/submit_card.cpp': '#include <cstdlib>\n#include "domain/audit_record.h"\n',
  'src/http/router.cpp': '#include <cstdlib>\n',
};

// Which place must show it.
export const kPlaces = {
  'event data': 'events to the bridge',
  'memory': 'memory, embedded vault',
  'error body': 'answers, shopper listener',
  'log line': 'log (level debug)',
  'code in a log line': 'log (level debug)',
  'temporary file': 'temporary files',
  'row that is not sealed': 'data folder',
  'timeline': 'answers, operator listener',
  'audit record': 'audit log',
  'metric label': 'metrics',
};
