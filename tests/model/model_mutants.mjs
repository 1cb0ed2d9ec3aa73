// Ways to break the models, each an exact replacement: spin must find every one, or the models
// cannot fail. `form` is one of kForms in model.mjs.
const kPayment = 'payment, one page, a crash';
const kTds = '3-D Secure, events in any order';
const kRelay = 'relays, order and fences';

export const kMutants = [
  {
    name: 'no version check',
    form: kPayment,
    file: 'session.pml',
    text: '#define VERSION_CHECK 1',
    by: '#define VERSION_CHECK 0',
  },
  {
    name: 'a void acknowledged before commit',
    form: kPayment,
    file: 'payment.pml',
    text: '     Receive(t_void, received_void);\n',
    by: '     void_acked = 1;\n     Receive(t_void, received_void);\n',
  },
  {
    name: 'a card acknowledged before commit',
    form: kPayment,
    file: 'payment.pml',
    text: 'Transact(t_accept, st == s_created && digest == card, !time_up);',
    by: 'got = (st == s_open -> g_changed : g_none);',
  },
  {
    name: 'the event in a commit of its own',
    form: kPayment,
    file: 'session.pml',
    text: '          got = g_changed\n        };\n        break',
    by: '          row = 0; got = g_changed\n        };\n        row = told; break',
  },
  {
    name: 'received before its effect',
    form: kPayment,
    file: 'session.pml',
    text: '  :: atomic { !note -> born',
    by: '  :: atomic { !note -> note = 1; born',
  },
  {
    name: 'the tombstone of a void ignored',
    form: kPayment,
    file: 'payment.pml',
    text: '  :: received_void -> Apply(t_void); from = st\n',
    by: '',
  },
  {
    name: 'a void does not reach a submission',
    form: kPayment,
    file: 'transitions.pml',
    text: 'T(payment, submitted, void, voided, none)\n',
    by: '',
  },
  {
    name: 'a voided session takes a card',
    form: kPayment,
    file: 'transitions.pml',
    text: 'T(payment, voided, annotate, voided, none)\n',
    by: 'T(payment, voided, accept, created, CardSessionCreated)\n',
  },
  {
    name: 'StateChanged ends a lease unseen',
    form: 'payment, no submission lasts',
    file: 'payment.pml',
    text: '  :: trigger == t_give_up ->',
    by: '  :: trigger == t_annotate -> lease = 0\n  :: trigger == t_give_up ->',
  },
  {
    name: 'no sweep of ended leases',
    form: 'payment, no submission lasts',
    file: 'payment.pml',
    text: 'st == s_submitted && (lease || time_up) ->',
    by: 'false ->',
  },
  {
    name: 'a void bars the outcome',
    form: kTds,
    file: 'transitions.pml',
    text: 'T(tds, voided, succeed, succeeded, none)\n',
    by: '',
  },
  {
    name: 'expiry tells Commerce again',
    form: kTds,
    file: 'transitions.pml',
    text: 'T(tds, returned, expire, expired, none)',
    by: 'T(tds, returned, expire, expired, TDSResult)',
  },
  {
    name: 'no fence',
    form: kRelay,
    file: 'relay.pml',
    text: '#define FENCE 1',
    by: '#define FENCE 0',
  },
  {
    name: 'the order of a session ignored',
    form: kRelay,
    file: 'relay.pml',
    text: '((i) != 1 || status[0] == delivered)',
    by: '(true)',
  },
  {
    name: 'a dead relay keeps its lease',
    form: 'relays, every event arrives',
    file: 'relay.pml',
    text: '  :: lease[0] == GONE -> lease[0] = 0\n',
    by: '',
  },
];
