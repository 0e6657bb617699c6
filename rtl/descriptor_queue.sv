// Fetches lists of descriptors from SRAM and issues them, in order, to the MAC array and the map unit.
//
// Launches wait in a FIFO of four. The head launch is walked through: each descriptor is two SRAM reads, into the
// one descriptor that is ahead of the units. It is issued (start for one cycle, with descriptor_o and header_o)
// when its unit is ready, and, if it is a fence, when both are. The next one is fetched from the fourth cycle after
// that on, so that the unit's first operands come first, and is there in the seventh, before any unit can be ready
// again.
//
// Registers: RegHeader, RegLaunch (holds the core while the FIFO is full), RegWaitUnits (holds the core until
// nothing is left to do). Errors, one cycle: a launch of no descriptors, at a wrong alignment or beyond the SRAM,
// one that the control plane writes to a full FIFO, and MAC descriptors that ask for what the array cannot do. All
// of these are dropped. The map unit checks its descriptors itself.

module descriptor_queue (
  input  logic         clk_i,
  input  logic         rst_ni,

  output logic         read_req_o,
  output logic [11:0]  read_addr_o,
  input  logic         read_gnt_i,
  input  logic [127:0] read_data_i,

  output logic [255:0] descriptor_o,
  output logic [31:0]  header_o,
  output logic         mac_start_o,
  input  logic         mac_ready_i,
  output logic         map_start_o,
  input  logic         map_ready_i,

  input  logic         reg_re_i,
  input  logic         reg_we_i,
  input  logic         reg_blocking_i,
  input  logic [9:0]   reg_addr_i,
  input  logic [31:0]  reg_wdata_i,
  output logic [31:0]  reg_rdata_o,
  output logic         reg_ready_o,

  output logic         error_o,
  output logic         busy_o
);

  localparam logic [9:0] HeaderIndex = 10'((tessera_pkg::RegHeader - tessera_pkg::RegisterBase) / 4);
  localparam logic [9:0] LaunchIndex = 10'((tessera_pkg::RegLaunch - tessera_pkg::RegisterBase) / 4);
  localparam logic [9:0] WaitUnitsIndex = 10'((tessera_pkg::RegWaitUnits - tessera_pkg::RegisterBase) / 4);

  // ---------------------------------------------------------------- registers and launches

  logic [31:0] next_header_q;       // RegHeader
  logic [63:0] launches_q [tessera_pkg::QueueDepth];  // {header, launch_t}
  logic [1:0]  read_index_q, write_index_q;
  logic [2:0]  launch_count_q;

  tessera_pkg::launch_t launch;     // being written
  logic push, launch_refused, all_done, pop;

  assign launch = reg_wdata_i;

  always_comb begin
    push = 1'b0;
    launch_refused = 1'b0;
    reg_rdata_o = 32'd0;
    reg_ready_o = 1'b1;
    if (reg_re_i || reg_we_i) begin
      if (reg_addr_i == HeaderIndex) begin
        reg_rdata_o = next_header_q;
      end else if (reg_addr_i == WaitUnitsIndex) begin
        reg_ready_o = all_done | ~reg_blocking_i;
      end else if (reg_addr_i == LaunchIndex && reg_we_i) begin
        if (launch.count == 16'd0 || launch.address[3:0] != 4'd0) begin
          launch_refused = 1'b1;
        end else if (launch_count_q == 3'(tessera_pkg::QueueDepth)) begin
          reg_ready_o = ~reg_blocking_i;
          launch_refused = ~reg_blocking_i;
        end else begin
          push = 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) next_header_q <= 32'd0;
    else if (reg_we_i && reg_addr_i == HeaderIndex) next_header_q <= reg_wdata_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_index_q <= 2'd0;
      write_index_q <= 2'd0;
      launch_count_q <= 3'd0;
    end else if (push || pop) begin
      if (pop && !push && launch_count_q == 3'd1) begin
        read_index_q <= 2'd0;
        write_index_q <= 2'd0;
      end else begin
        read_index_q <= read_index_q + {1'b0, pop};
        write_index_q <= write_index_q + {1'b0, push};
      end
      launch_count_q <= launch_count_q + {2'b00, push} - {2'b00, pop};
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) launches_q[write_index_q] <= {next_header_q, reg_wdata_i};
  end

  // ---------------------------------------------------------------- what to do next

  logic [31:0]  header_q;           // of the launch that is walked through
  logic [15:0]  left_q;             // its descriptors that have not been fetched
  logic [11:0]  addr_q;             // SRAM word to read next
  logic         upper_q;            // ... which is the upper half of a descriptor
  logic         arriving_q;         // a word was granted in the last cycle
  logic         valid_q;            // the descriptor is whole and not yet issued
  logic [2:0]   settle_q;           // cycles to leave the SRAM to the unit that has started
  logic [255:0] descriptor_q;

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::mac_descriptor_t mac;
  /* verilator lint_on UNUSEDSIGNAL */
  logic fetch, beyond, issue, mac_legal;

  assign mac = descriptor_q;

  // A launch is left behind only when its last descriptor has been issued, because its header goes with that.
  always_comb begin
    pop = 1'b0;
    fetch = 1'b0;
    beyond = 1'b0;
    issue = 1'b0;
    mac_legal = 1'b0;
    if (valid_q) begin
      issue = (mac_ready_i | ~(mac.fence | mac.unit)) & (map_ready_i | ~(mac.fence | ~mac.unit));
      if (issue && mac.unit) begin
        mac_legal = mac.count != 16'd0 && mac.groups != 8'd0 && mac.groups <= 8'(tessera_pkg::AccBankEntries) &&
                    mac.entry < 8'(tessera_pkg::AccEntries) &&
                    {5'd0, mac.entry[2:0]} + mac.groups <= 8'(tessera_pkg::AccBankEntries) &&
                    mac.weight_address[3:0] == 4'd0;
        if (mac.x_where == tessera_pkg::WhereColor) begin
          if (mac.groups != 8'd1 || mac.count[1:0] != 2'd0 || mac.x_address >= 16'(tessera_pkg::ColorCount) ||
              mac.x_address < 16'(tessera_pkg::FirstDataColor)) mac_legal = 1'b0;
        end else if (mac.x_where != tessera_pkg::WhereSram) begin
          mac_legal = 1'b0;
        end
      end
    end else if (left_q != 16'd0) begin
      // A word that is arriving with upper_q low is the upper half.
      fetch = ~settle_q[0] & ~(arriving_q & ~upper_q);
      beyond = fetch && addr_q >= 12'(tessera_pkg::SramWords);
    end else begin
      pop = launch_count_q != 3'd0;
    end
  end

  assign read_req_o = fetch & ~beyond;
  assign read_addr_o = addr_q;
  assign descriptor_o = descriptor_q;
  assign header_o = header_q;
  assign mac_start_o = issue & mac.unit & mac_legal;
  assign map_start_o = issue & ~mac.unit;

  assign all_done = launch_count_q == 3'd0 && left_q == 16'd0 && !valid_q && mac_ready_i && map_ready_i;
  assign error_o = beyond | (issue & mac.unit & ~mac_legal) | launch_refused;
  assign busy_o = pop | fetch | arriving_q | issue | settle_q[0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      header_q <= 32'd0;
      left_q <= 16'd0;
      addr_q <= 12'd0;
      upper_q <= 1'b0;
      arriving_q <= 1'b0;
      valid_q <= 1'b0;
      settle_q <= 3'b000;
      descriptor_q <= 256'd0;
    end else if (busy_o) begin
      if (issue) valid_q <= 1'b0;
      settle_q <= issue ? 3'b111 : settle_q >> 1;
      if (arriving_q && upper_q) descriptor_q[127:0] <= read_data_i;
      if (arriving_q && !upper_q) begin
        descriptor_q[255:128] <= read_data_i;
        valid_q <= 1'b1;
        left_q <= left_q - 16'd1;
      end
      arriving_q <= read_gnt_i;
      if (read_gnt_i) begin
        upper_q <= ~upper_q;
        addr_q <= addr_q + 12'd1;
      end
      if (beyond) begin
        left_q <= 16'd0;
        upper_q <= 1'b0;
      end
      if (pop) begin
        header_q <= launches_q[read_index_q][63:32];
        left_q <= launches_q[read_index_q][31:16];
        addr_q <= launches_q[read_index_q][15:4];
      end
    end
  end

endmodule
