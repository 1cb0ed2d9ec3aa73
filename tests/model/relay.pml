/* The outbox and two relays that share it: fenced leases, a bridge that comes and goes, crashes. The
 * first two events are of one session, the third of another. What is checked: the order within a
 * session, that a delivered event stays delivered, and that every committed event arrives once the
 * bridge is well.
 */
#ifndef FENCE
#define FENCE 1
#endif

mtype = { absent, pending, delivered };
#define EVENTS 3

/* Committed. The fence is the claim itself: who claimed last; 0: nobody, or the lease ended. A relay
 * that is slow loses its claim to another without knowing. */
mtype status[EVENTS] = absent;
byte lease[EVENTS] = 0;

bit arrived[EVENTS];     /* at Commerce, which drops a ce-id that it has */
bit bridge_up = 1;
byte boots[3];           /* of the relays, 1 and 2 */
byte slow = 0;           /* leases that ended before their relay was done */
byte lost = 0;           /* answers */
#define GONE 3           /* claimed by a relay that has crashed */

/* An event is claimed only as the oldest pending one of its session. */
#define OLDEST(i) ((i) != 1 || status[0] == delivered)
#define CLAIMABLE(i) (status[i] == pending && lease[i] == 0 && OLDEST(i))

proctype Relay(byte me) {
  byte born = 0;
  byte event = 0;
  bit accepted = 0;
end:
  do
  :: atomic {
       if
       :: CLAIMABLE(0) -> event = 0
       :: CLAIMABLE(1) -> event = 1
       :: CLAIMABLE(2) -> event = 2
       fi;
       lease[event] = me;
       born = boots[me]
     };
     if
     :: born != boots[me]
     :: atomic {
          born == boots[me] && bridge_up ->
          assert(event != 1 || arrived[0]);
          arrived[event] = 1;
          accepted = 1
        }
     :: atomic {  /* it arrived, and the answer was lost */
          born == boots[me] && bridge_up && lost < LOST ->
          lost++;
          assert(event != 1 || arrived[0]);
          arrived[event] = 1
        }
     :: born == boots[me] && !bridge_up
     fi;
     atomic {
       if
       :: born == boots[me] && (lease[event] == me || !FENCE) ->
          if
          :: accepted -> status[event] = delivered
          :: else ->
             assert(status[event] != delivered);
             status[event] = pending
          fi;
          lease[event] = 0
       :: else  /* dead, or claimed again meanwhile */
       fi;
       event = 0;
       accepted = 0;
       born = 0
     }
  od
}

/* Leases that end: of a relay that is gone, and of one that is slow. */
active proctype Leases() {
end:
  do
  :: lease[0] == GONE -> lease[0] = 0
  :: lease[1] == GONE -> lease[1] = 0
  :: lease[2] == GONE -> lease[2] = 0
  :: atomic { slow < SLOW && lease[0] != 0 -> lease[0] = 0; slow++ }
  :: atomic { slow < SLOW && lease[1] != 0 -> lease[1] = 0; slow++ }
  :: atomic { slow < SLOW && lease[2] != 0 -> lease[2] = 0; slow++ }
  od
}

#define LOSE(i, relay) (lease[i] == relay -> GONE : lease[i])

active proctype Crash() {
  do
  :: atomic {
       boots[1] + boots[2] < CRASHES ->
       if
       :: boots[1]++;
          lease[0] = LOSE(0, 1); lease[1] = LOSE(1, 1); lease[2] = LOSE(2, 1)
       :: boots[2]++;
          lease[0] = LOSE(0, 2); lease[1] = LOSE(1, 2); lease[2] = LOSE(2, 2)
       fi
     }
  :: break
  od
}

/* Transitions that are committed with their events, which are in the same commit. */
active proctype Sessions() {
  status[0] = pending;
  status[1] = pending
}

active proctype AnotherSession() {
  status[2] = pending
}

active proctype Bridge() {
  byte outages = 0;
end:
  do
  :: d_step { bridge_up && outages < OUTAGES -> bridge_up = 0; outages++ }
  :: !bridge_up -> bridge_up = 1
  od
}

init {
  atomic {
    run Relay(1);
    run Relay(2)
  }
}

#define ARRIVES(i) ([] (status[i] == pending -> <> (status[i] == delivered && arrived[i])))
ltl every_event_arrives { ARRIVES(0) && ARRIVES(1) && ARRIVES(2) }
