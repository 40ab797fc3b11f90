"""The parts of a program's machine code that are the same for all: workers, and runs in a row.

A team is a slot of 128 bytes for each worker but the first, who is the caller:

    state      0 absent, 1 idle, 2 claimed, 3 at work
    function, job, worker, workers      what to do: function(job, worker, workers)

An idle worker watches its slot. A caller claims all that it needs or works alone: it never waits
for one to wake up. What is computed does not depend on how many there were.
"""

from __future__ import annotations

import sys

ABSENT = 0
SLOT = 128
"""Bytes of a worker's slot: two lines of cache, since processors fetch them in pairs."""

YIELD = "SwitchToThread" if sys.platform == "win32" else "sched_yield"

_PAUSE = {
    "x86_64": "call void @llvm.x86.sse2.pause()",
    "amd64": "call void @llvm.x86.sse2.pause()",
    "aarch64": "call void @llvm.aarch64.hint(i32 1)",
    "arm64": "call void @llvm.aarch64.hint(i32 1)",
}


def pause(machine: str) -> str:
    """The instruction that lets the other half of a core, and the memory, go first."""
    return _PAUSE.get(machine, 'fence syncscope("singlethread") seq_cst')


def team_text(machine: str) -> str:
    """`@wait`, by which workers wait for each other, and `@once` and `@scan`, which run a job."""
    return _filled(_WAIT + _TOGETHER + _SCAN, machine)


def serve_text(machine: str) -> str:
    """What belongs to no program.

    `@serve(ptr slot)` works until there has been nothing to do for a millisecond or two.
    `@crowd(ptr queue, ptr team, i64 workers)` has a team do a queue of scans, each by one worker.
    """
    return _filled(_WAIT + _TOGETHER + _CROWD + _SERVE, machine)


def _filled(text: str, machine: str) -> str:
    return text.replace("PAUSE", pause(machine)).replace("YIELD", YIELD)


_WAIT = """\
declare i32 @YIELD()

; Counts workers in; the last one lets all go on. The second number is the round, 128 bytes on.
define internal void @wait(ptr %counts, i64 %workers) noinline nounwind {
entry:
  %alone = icmp eq i64 %workers, 1
  br i1 %alone, label %go, label %arrive
arrive:
  %at = getelementptr inbounds i8, ptr %counts, i64 128
  %round = load atomic i64, ptr %at monotonic, align 8
  %before = atomicrmw add ptr %counts, i64 1 acq_rel, align 8
  %here = add i64 %before, 1
  %all = icmp eq i64 %here, %workers
  br i1 %all, label %release, label %look
release:
  store atomic i64 0, ptr %counts monotonic, align 8
  %next = add i64 %round, 1
  store atomic i64 %next, ptr %at release, align 8
  br label %go
look:
  %turn = phi i64 [ 0, %arrive ], [ %turns, %again ]
  %now = load atomic i64, ptr %at acquire, align 8
  %passed = icmp ne i64 %now, %round
  br i1 %passed, label %go, label %rest
rest:
  %turns = add i64 %turn, 1
  %long = icmp ugt i64 %turn, 300
  br i1 %long, label %yield, label %spin
spin:
  PAUSE
  br label %again
yield:
  %ignored = call i32 @YIELD()
  br label %again
again:
  br label %look
go:
  ret void
}

"""

_TOGETHER = """\
; Runs the job with the whole team, or alone when one of them is not there.
define internal void @together(ptr %function, ptr %job, ptr %team, i64 %workers) nounwind {
entry:
  %others = sub i64 %workers, 1
  br label %claim
claim:
  %n = phi i64 [ 0, %entry ], [ %claimed, %mine ]
  %enough = icmp sge i64 %n, %others
  br i1 %enough, label %order, label %look
look:
  %turn = phi i64 [ 0, %claim ], [ %turns, %spin ]
  %distance = mul i64 %n, 128
  %slot = getelementptr inbounds i8, ptr %team, i64 %distance
  %pair = cmpxchg ptr %slot, i64 1, i64 2 acq_rel acquire, align 8
  %state = extractvalue { i64, i1 } %pair, 0
  %got = extractvalue { i64, i1 } %pair, 1
  br i1 %got, label %mine, label %missed
mine:
  %claimed = add i64 %n, 1
  br label %claim
missed:
  ; One that is about to end its last job is worth a moment.
  %turns = add i64 %turn, 1
  %absent = icmp eq i64 %state, 0
  %long = icmp ugt i64 %turn, 2000
  %hopeless = or i1 %absent, %long
  br i1 %hopeless, label %free, label %spin
spin:
  PAUSE
  br label %look
free:
  %k = phi i64 [ 0, %missed ], [ %freed, %unclaim ]
  %none = icmp sge i64 %k, %n
  br i1 %none, label %alone, label %unclaim
unclaim:
  %back = mul i64 %k, 128
  %theirs = getelementptr inbounds i8, ptr %team, i64 %back
  store atomic i64 1, ptr %theirs release, align 8
  %freed = add i64 %k, 1
  br label %free
alone:
  call void %function(ptr %job, i64 0, i64 1)
  ret void
order:
  %w = phi i64 [ 0, %claim ], [ %number, %tell ]
  %told = icmp sge i64 %w, %others
  br i1 %told, label %work, label %tell
tell:
  %away = mul i64 %w, 128
  %number = add i64 %w, 1
  %its = getelementptr inbounds i8, ptr %team, i64 %away
  %p1 = getelementptr inbounds i8, ptr %its, i64 8
  store ptr %function, ptr %p1, align 8
  %p2 = getelementptr inbounds i8, ptr %its, i64 16
  store ptr %job, ptr %p2, align 8
  %p3 = getelementptr inbounds i8, ptr %its, i64 24
  store i64 %number, ptr %p3, align 8
  %p4 = getelementptr inbounds i8, ptr %its, i64 32
  store i64 %workers, ptr %p4, align 8
  store atomic i64 3, ptr %its release, align 8
  br label %order
work:
  call void %function(ptr %job, i64 0, i64 %workers)
  ret void
}

"""

_SCAN = """\
; Runs the job once. Behind what all workers read, it says where the team is and how many work.
define void @once(ptr %job) nounwind {
  %fourth = getelementptr inbounds i8, ptr %job, i64 24
  %team = load ptr, ptr %fourth, align 8
  %fifth = getelementptr inbounds i8, ptr %job, i64 32
  %workers = load i64, ptr %fifth, align 8
  call void @together(ptr @step, ptr %job, ptr %team, i64 %workers)
  ret void
}

; Runs the job `count` times; after each run every argument moves on by its stride. `progress` holds
; the number of runs done, and 128 bytes on a number other than 0 when no more are wanted.
define void @scan(ptr %job, ptr %strides, i64 %slots, i64 %count, ptr %progress, ptr %team,
                  i64 %workers) nounwind {
entry:
  %second = getelementptr inbounds i8, ptr %job, i64 8
  %arguments = load ptr, ptr %second, align 8
  %ask = getelementptr inbounds i8, ptr %progress, i64 128
  %nothing = icmp slt i64 %count, 1
  %unwanted = load atomic i64, ptr %ask acquire, align 8
  %refused = icmp ne i64 %unwanted, 0
  %idle = or i1 %nothing, %refused
  br i1 %idle, label %end, label %run
run:
  %i = phi i64 [ 0, %entry ], [ %done, %on ]
  call void @together(ptr @step, ptr %job, ptr %team, i64 %workers)
  br label %move
move:
  %k = phi i64 [ 0, %run ], [ %next, %shift ]
  %moved = icmp sge i64 %k, %slots
  br i1 %moved, label %on, label %shift
shift:
  %p = getelementptr inbounds ptr, ptr %arguments, i64 %k
  %s = getelementptr inbounds i64, ptr %strides, i64 %k
  %old = load ptr, ptr %p, align 8
  %by = load i64, ptr %s, align 8
  %new = getelementptr i8, ptr %old, i64 %by
  store ptr %new, ptr %p, align 8
  %next = add i64 %k, 1
  br label %move
on:
  %done = add i64 %i, 1
  store atomic i64 %done, ptr %progress release, align 8
  %stop = load atomic i64, ptr %ask acquire, align 8
  %stopped = icmp ne i64 %stop, 0
  %finished = icmp sge i64 %done, %count
  %over = or i1 %stopped, %finished
  br i1 %over, label %end, label %run
end:
  ret void
}
"""

_CROWD = """\
; A queue: the number of the next scan, and 128 bytes on how many there are, where they stand, and
; what workers count in. A scan: 64 bytes, the function and its arguments.
define internal void @take(ptr %queue, i64 %worker, i64 %workers) nounwind {
entry:
  %p1 = getelementptr inbounds i8, ptr %queue, i64 128
  %count = load i64, ptr %p1, align 8
  %p2 = getelementptr inbounds i8, ptr %queue, i64 136
  %entries = load ptr, ptr %p2, align 8
  %p3 = getelementptr inbounds i8, ptr %queue, i64 144
  %counts = load ptr, ptr %p3, align 8
  br label %next
next:
  %n = atomicrmw add ptr %queue, i64 1 acq_rel, align 8
  %over = icmp sge i64 %n, %count
  br i1 %over, label %end, label %one
one:
  %distance = mul i64 %n, 64
  %scan = getelementptr inbounds i8, ptr %entries, i64 %distance
  %function = load ptr, ptr %scan, align 8
  %s1 = getelementptr inbounds i8, ptr %scan, i64 8
  %job = load ptr, ptr %s1, align 8
  %s2 = getelementptr inbounds i8, ptr %scan, i64 16
  %strides = load ptr, ptr %s2, align 8
  %s3 = getelementptr inbounds i8, ptr %scan, i64 24
  %slots = load i64, ptr %s3, align 8
  %s4 = getelementptr inbounds i8, ptr %scan, i64 32
  %runs = load i64, ptr %s4, align 8
  %s5 = getelementptr inbounds i8, ptr %scan, i64 40
  %progress = load ptr, ptr %s5, align 8
  call void %function(ptr %job, ptr %strides, i64 %slots, i64 %runs, ptr %progress, ptr null,
                      i64 1)
  br label %next
end:
  call void @wait(ptr %counts, i64 %workers)
  ret void
}

define void @crowd(ptr %queue, ptr %team, i64 %workers) nounwind {
  call void @together(ptr @take, ptr %queue, ptr %team, i64 %workers)
  ret void
}

"""

_SERVE = """\
define void @serve(ptr %slot) nounwind {
entry:
  store atomic i64 1, ptr %slot release, align 8
  br label %look
look:
  %turn = phi i64 [ 0, %entry ], [ 0, %done ], [ %turns, %again ]
  %state = load atomic i64, ptr %slot acquire, align 8
  switch i64 %state, label %rest [ i64 3, label %work ]
work:
  %p1 = getelementptr inbounds i8, ptr %slot, i64 8
  %function = load ptr, ptr %p1, align 8
  %p2 = getelementptr inbounds i8, ptr %slot, i64 16
  %job = load ptr, ptr %p2, align 8
  %p3 = getelementptr inbounds i8, ptr %slot, i64 24
  %worker = load i64, ptr %p3, align 8
  %p4 = getelementptr inbounds i8, ptr %slot, i64 32
  %workers = load i64, ptr %p4, align 8
  call void %function(ptr %job, i64 %worker, i64 %workers)
  br label %done
done:
  store atomic i64 1, ptr %slot release, align 8
  br label %look
rest:
  %turns = add i64 %turn, 1
  %tired = icmp ugt i64 %turn, 6000
  br i1 %tired, label %leave, label %stay
stay:
  %long = icmp ugt i64 %turn, 2000
  br i1 %long, label %yield, label %spin
spin:
  PAUSE
  br label %again
yield:
  %ignored = call i32 @YIELD()
  br label %again
again:
  br label %look
leave:
  %pair = cmpxchg ptr %slot, i64 1, i64 0 acq_rel acquire, align 8
  %gone = extractvalue { i64, i1 } %pair, 1
  br i1 %gone, label %end, label %again
end:
  ret void
}
"""
