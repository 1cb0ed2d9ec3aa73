// Safety features against attackers, each switched off; form and meaning as in mutants.mjs.

const kProbe = ['--test', 'tests/hardening/probe.test.mjs'];

export const kSecurityMutants = [
  {
    name: 'sandbox: no filter of calls',
    why: 'an intruder could start programs',
    file: 'src/main/syscall_filter.cpp',
    text: 'if (failure_ == 0) failure_ = -seccomp_load(context_.get());',
    by: '',
    target: 'sandbox_probe',
    script: kProbe,
  },
  {
    name: 'sandbox: memory may execute',
    why: 'what an intruder sent as data would run as code',
    file: 'src/main/syscall_filter.cpp',
    text: 'Masked(2, PROT_EXEC, 0)',
    by: 'Masked(2, 0, 0)',
    target: 'sandbox_probe',
    script: kProbe,
  },
  {
    name: 'sandbox: everything is writable',
    why: 'an intruder could change the program, or what it finds at its next start',
    file: 'src/main/sandbox_config.cpp',
    text: 'reach.write = {"/dev/null"};',
    by: 'reach.write = {"/dev/null", "/"};',
    target: 'sandbox_probe',
    script: kProbe,
  },
  {
    name: 'sandbox: no no_new_privs',
    why: 'a set-user-id program would give root back',
    file: 'src/main/run_as.cpp',
    text: 'if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Refused("set no_new_privs");',
    by: '',
    target: 'sandbox_probe',
    script: kProbe,
  },
  {
    name: 'sandbox: capabilities stay',
    why: 'root without a user to become would still be root',
    file: 'src/main/run_as.cpp',
    text: 'if (!Keep(binds_low_port ? kLowPorts : 0)) return',
    by: 'if (!Keep(binds_low_port ? kLowPorts : ~0U)) return',
    target: 'obolus',
    script: ['--test', 'tests/hardening/sandbox.test.mjs'],
  },
];
