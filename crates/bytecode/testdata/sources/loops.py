def sum_items(a):
    s = 0.0
    for i in range(len(a)):
        s += a[i]
    return s

def for_else(l, x):
    for i in l:
        if i == x:
            break
    else:
        return -1
    return i

def while_else(n):
    while n > 0:
        n -= 1
        if n == 7:
            break
    else:
        n = 100
    return n

def continues(l):
    t = 0
    for i in l:
        if i < 0:
            continue
        if i > 10:
            t += 1
            continue
        t += i
    return t

def nested(n, m):
    t = 0
    for i in range(n):
        for j in range(m):
            if i == j:
                continue
            if i * j > 50:
                break
            t += i * j
        t -= 1
    return t

def while_true(n):
    i = 0
    while True:
        i += 1
        if i > n:
            return i

def forever():
    while True:
        pass

def while_and(a, n, x):
    i = 0
    while i < n and a[i] != x:
        i += 1
    return i

def nested_while(n):
    i = 0
    while i < n:
        j = 0
        while j < i:
            j += 2
        i += j or 1
    return i

def return_in_for(l):
    for x in l:
        if x:
            return x

def unpack_targets(d):
    r = []
    for i, (k, *v) in enumerate(d):
        r.append((i, k, v))
    return r

def while_not(q):
    while not q.done:
        q.step()
